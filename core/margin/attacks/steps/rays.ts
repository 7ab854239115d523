import { add, dispose, mul, tidy, where, zerosLike } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { bisectOnce, type Bracket } from '../../bisection.js';
import { clipToBox, perExample } from '../../box.js';
import type { NormGeometry } from '../../geometry.js';
import type { Loss } from '../../losses.js';
import type { Classifier } from '../../pgd-iteration.js';
import { unitVectors } from '../../scaling.js';
import type { Bounds } from '../../threat-model.js';
import { keepShorter, type Nearest } from './nearest.js';
import type { CallPace } from './run-iterations.js';

/** How much nearer the next probe of a ray is while none has succeeded. */
const STEP_BACK = 0.6;

/** What rays start from; batched. */
export type RayProblem = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The classes to leave or to reach, [n] int32. */
  readonly classes: Tensor1D;
};

/** Rays from x, and where on them the boundary is looked for; batched. */
export type Rays = {
  /** u, [n, h, w, c], of length 1 or 0. */
  readonly directions: Tensor4D;
  readonly bracket: Bracket;
};

/** How rays are searched. */
export interface RayPlan<P extends RayProblem> {
  /** The rays of a problem; may take gradient evaluations. */
  readonly directions: (weights: TensorMap, problem: P, known: Nearest) => Tensor4D;
  /** Where the bracket begins, as a fraction of the known lengths. It ends at them. */
  readonly lowFraction: number;
  /** Forward evaluations along each ray. */
  readonly probes: number;
  /** Try the far end first, then nearer points until one succeeds: beyond the boundary there may be another one. */
  readonly endFirst: boolean;
}

/** A search of rays: pure functions, compiled once. All results are new, for the caller to dispose. */
export interface RaySearch<P extends RayProblem> {
  readonly probes: number;
  readonly open: (weights: TensorMap, problem: P, known: Nearest) => Rays;
  /** One forward evaluation: the next bracket. */
  readonly probe: (weights: TensorMap, problem: P, rays: Rays) => Bracket;
  /** What is nearest then. */
  readonly close: (problem: P, known: Nearest, rays: Rays) => Nearest;
  /** All of these, one after the other. */
  readonly atOnce: (weights: TensorMap, problem: P, known: Nearest) => Nearest;
}

/** Where searched rays lie. */
export interface RaySpace {
  readonly classifier: WeightedClassifier;
  /** Not negative where a point succeeds. */
  readonly success: Loss;
  readonly geometry: NormGeometry;
  readonly bounds: Bounds;
}

/** Compiles a search that bisects along rays, and keeps what succeeds and is shorter than what is known. */
export function compileRaySearch<P extends RayProblem>(
  compile: Compile,
  { classifier, success, geometry, bounds }: RaySpace,
  { directions, lowFraction, probes, endFirst }: RayPlan<P>,
): RaySearch<P> {
  const at =
    (weights: TensorMap): Classifier =>
    (inputs) =>
      classifier(weights, inputs);
  const open = (weights: TensorMap, problem: P, known: Nearest): Rays => ({
    directions: directions(weights, problem, known),
    bracket: bracketTo(known, lowFraction, endFirst),
  });
  const probe = (weights: TensorMap, { inputs, classes }: P, rays: Rays): Bracket => {
    const halved = bisectOnce(at(weights), success, bounds, inputs, classes, rays.directions, rays.bracket);
    return endFirst ? stepBack(rays.bracket, halved) : halved;
  };
  const close = ({ inputs }: P, known: Nearest, rays: Rays): Nearest => {
    const { high, crossed } = rays.bracket;
    const shorter = clipToBox(inputs, mul(perExample(high), rays.directions), bounds);
    return keepShorter(known, shorter, geometry.lengths(shorter), crossed);
  };
  const atOnce = (weights: TensorMap, problem: P, known: Nearest): Nearest => {
    let rays = tidy(() => open(weights, problem, known));
    for (let i = 0; i < probes; i++) {
      const before = rays;
      rays = { ...before, bracket: tidy(() => probe(weights, problem, before)) };
    }
    return close(problem, known, rays);
  };
  return {
    probes,
    open: compile(open, LASTING_WEIGHTS),
    probe: compile(probe, LASTING_WEIGHTS),
    close: compile(close),
    atOnce: compile(atOnce, LASTING_WEIGHTS),
  };
}

/** How the calls of a search are made; where evaluations are short, a whole search of rays is one. */
export interface RayPace extends CallPace {
  readonly weights: TensorMap;
}

/** Searches rays. @returns the nearest then, for the caller to dispose */
export async function searchRays<P extends RayProblem>(
  { weights, together, shouldContinue }: RayPace,
  search: RaySearch<P>,
  problem: P,
  known: Nearest,
): Promise<Nearest> {
  if (together) return tidy(() => search.atOnce(weights, problem, known));
  let rays: Rays = tidy(() => search.open(weights, problem, known));
  try {
    for (let i = 0; i < search.probes && (await shouldContinue()); i++) {
      const bracket = tidy(() => search.probe(weights, problem, rays));
      dispose(rays.bracket);
      rays = { ...rays, bracket };
    }
    return tidy(() => search.close(problem, known, rays));
  } finally {
    dispose(rays);
  }
}

/** A search of the rays of what is known, by at most a fraction of its length. */
export function compilePolish<P extends RayProblem>(
  compile: Compile,
  space: RaySpace,
  { fraction, probes }: { readonly fraction: number; readonly probes: number },
): RaySearch<P> {
  return compileRaySearch(compile, space, {
    directions: (_, __, known) => knownDirections(known),
    lowFraction: 1 - fraction,
    probes,
    endFirst: false,
  });
}

/** u = b / ‖b‖, 0 where nothing is known: the rays of the nearest known perturbations. */
const knownDirections = ({ best, bestLengths }: Nearest): Tensor4D => unitVectors(best, bestLengths);

function bracketTo({ bestLengths, found }: Nearest, lowFraction: number, endFirst: boolean): Bracket {
  const high = bestLengths.clone();
  const low: Tensor1D = mul(high, lowFraction);
  const probe: Tensor1D = endFirst ? high.clone() : mul(add(low, high), 0.5);
  return { low, high, probe, crossed: zerosLike(found) };
}

/** The bracket after a bisection, but where nothing has succeeded yet: there the next probe is nearer, and what lies below stays open. */
function stepBack(before: Bracket, after: Bracket): Bracket {
  const low: Tensor1D = where(after.crossed, after.low, before.low);
  const probe: Tensor1D = where(after.crossed, after.probe, mul(before.probe, STEP_BACK));
  return { low, high: after.high, probe, crossed: after.crossed };
}
