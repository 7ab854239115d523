import { dispose, greater, less, scalar, sub, tensor1d, tidy, type Scalar, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile } from '../../../engine/engine.js';
import { asNumbers } from '../../as-numbers.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { geometryOf } from '../../geometries.js';
import { unitVectors } from '../../scaling.js';
import type { Bounds, ThreatModel } from '../../threat-model.js';
import type { Aim, MinimumNormRequest } from '../attack.js';
import { nothingFound } from './nearest.js';
import { compileRaySearch, type RayProblem, type RaySearch } from './rays.js';
import { successOf, WITHIN } from './success.js';

/** Forward evaluations along a ray whose end succeeds. */
const PROBES = 10;

/** Where the rays lead: through mid-grey to the inverted image, the same with all values moving alike, to black, to white. */
const WAYS: readonly ((inputs: Tensor4D, bounds: Bounds) => Tensor4D)[] = [
  (inputs, { lower, upper }) => sub((lower + upper) / 2, inputs),
  (inputs, { lower, upper }) => {
    const middle = (lower + upper) / 2;
    return sub(asNumbers(less(inputs, middle)), asNumbers(greater(inputs, middle)));
  },
  (inputs, { lower }) => sub(lower, inputs),
  (inputs, { upper }) => sub(upper, inputs),
];

/** What the rays start from, and the largest length that counts. */
type BlendProblem = RayProblem & { readonly maxLength: Scalar };

/** A first bound for inputs for which a search along gradients has found none. */
export interface Blends {
  /**
   * Searches each ray whose end, at the largest distance, succeeds. Forward evaluations alone, one a ray where none does.
   *
   * @param rows the inputs that it is asked for; others cost no answer, and change none
   * @returns δ of those of them that were found, by row
   */
  find(request: MinimumNormRequest, rows: readonly number[]): Promise<ReadonlyMap<number, Float32Array>>;
}

/** Compiles the rays for a classifier, a norm, bounds and an aim. */
export function compileBlends(
  compile: Compile,
  classifier: WeightedClassifier,
  { norm, bounds }: ThreatModel,
  aim: Aim,
): Blends {
  const geometry = geometryOf(norm);
  const searches = WAYS.map((way) =>
    compileRaySearch<BlendProblem>(
      compile,
      { classifier, success: successOf(aim), geometry, bounds },
      {
        directions: (_, { inputs }) => {
          const directions = way(inputs, bounds);
          return unitVectors(directions, geometry.lengths(directions));
        },
        lowFraction: 0,
        probes: PROBES,
        endFirst: true,
      },
    ),
  );
  return {
    find: async (request, rows) => {
      const classes = tensor1d([...request.classes], 'int32');
      const maxLength = scalar(request.maxDistance * WITHIN);
      const problem: BlendProblem = { inputs: request.inputs, classes, maxLength };
      const shortest = new Map<number, { readonly length: number; readonly perturbation: Float32Array }>();
      try {
        for (const search of searches) {
          if (!(await request.shouldContinue())) break;
          for (const { row, ...found } of await searchRay(search, request, problem, rows)) {
            if (found.length < (shortest.get(row)?.length ?? Infinity)) shortest.set(row, found);
          }
        }
      } finally {
        dispose([classes, maxLength]);
      }
      return new Map([...shortest].map(([row, { perturbation }]) => [row, perturbation]));
    },
  };
}

/** One ray of each input: what succeeds at its end is bisected. */
async function searchRay(
  search: RaySearch<BlendProblem>,
  { weights, shouldContinue }: MinimumNormRequest,
  problem: BlendProblem,
  rows: readonly number[],
): Promise<readonly { readonly row: number; readonly length: number; readonly perturbation: Float32Array }[]> {
  const nothing = tidy(() => nothingFound(problem.inputs, problem.maxLength));
  let rays = tidy(() => search.open(weights, problem, nothing));
  const probe = (): void => {
    const bracket = tidy(() => search.probe(weights, problem, rays));
    dispose(rays.bracket);
    rays = { ...rays, bracket };
  };
  try {
    probe();
    const crossed = await rays.bracket.crossed.data();
    const ending = rows.filter((row) => crossed[row]);
    if (ending.length === 0) return [];
    for (let i = 1; i < search.probes && (await shouldContinue()); i++) probe();
    const nearest = tidy(() => search.close(problem, nothing, rays));
    try {
      const [lengths, values] = [await nearest.bestLengths.data(), await nearest.best.data()];
      const size = values.length / lengths.length;
      return ending.map((row) => ({
        row,
        length: lengths[row] ?? Infinity,
        perturbation: values.slice(row * size, (row + 1) * size) as Float32Array,
      }));
    } finally {
      dispose(nearest);
    }
  } finally {
    dispose(nothing);
    dispose(rays);
  }
}
