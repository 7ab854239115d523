import { stack, tensor, tidy } from '@tensorflow/tfjs-core';
import { fill, mul } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../engine/engine.js';
import { createRandom } from '../random.js';
import { anPgd } from './an-pgd.js';
import { compileAttackSteps, type WeightedClassifier } from './attack-steps.js';
import { beyondRounding, logitMargin, softLogitMargin, targeted as reaching } from './losses.js';
import type { Proceed } from './pace.js';
import type { Bounds, Norm } from './threat-model.js';

/** What the search for the nearest adversarial points takes; tensors stay the caller's. */
export interface NearestSearchRequest {
  readonly weights: TensorMap;
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** [n] int32: the class to leave, or, targeted, the class to reach. */
  readonly classes: Tensor1D;
  /** Each input's index, which decides its random numbers. */
  readonly indices: readonly number[];
  readonly maxDistance: number;
  readonly maxGradientEvaluations: number;
  readonly seed: bigint;
  readonly proceed: Proceed;
}

/** What the search gives. */
export interface NearestSearchOutcome {
  /** The shortest successful δ, 0 where there is none; the caller disposes it. */
  readonly perturbations: Tensor4D;
  /** What was spent on each input. */
  readonly gradientEvaluations: readonly number[];
  /** Whether the plan was run to its end. */
  readonly completed: boolean;
}

export interface NearestSearch {
  readonly name: string;
  find(request: NearestSearchRequest): Promise<NearestSearchOutcome>;
}

/** A uniform number in [0, 1) for each value of each input, from the seed and the input's index alone. */
function uniformsOf(inputs: Tensor4D, indices: readonly number[], seed: bigint): Tensor4D {
  const size = inputs.size / inputs.shape[0];
  return tidy(() =>
    stack(
      indices.map((index) =>
        tensor(createRandom(seed + BigInt(index + 1) * 0xd1342543de82ef95n).uniforms(size), inputs.shape.slice(1)),
      ),
    ),
  ) as Tensor4D;
}

export function compileNearestSearch(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: { readonly norm: Norm; readonly bounds: Bounds },
  targeted: boolean,
): NearestSearch {
  const steps = compileAttackSteps(compile, classifier, threat, {
    search: targeted ? reaching(softLogitMargin) : softLogitMargin,
    crossing: beyondRounding(targeted ? reaching(logitMargin) : logitMargin),
  });
  return {
    name: 'an-pgd',
    find: async (request) => {
      const { weights, inputs, classes: labels, indices, maxDistance, maxGradientEvaluations: iterations } = request;
      let completed = true;
      const proceed = async (): Promise<boolean> => {
        completed = completed && (await request.proceed());
        return completed;
      };
      const radii: Tensor1D = fill([inputs.shape[0]], maxDistance / 2);
      const uniforms = uniformsOf(inputs, indices, request.seed);
      const start = tidy(() => steps.geometry.randomStart(inputs, radii, uniforms, steps.bounds));
      uniforms.dispose();
      try {
        const result = await anPgd(steps, {
          weights,
          inputs,
          labels,
          radii,
          start,
          maxRadius: maxDistance * (1 - 1e-6),
          iterations,
          bisections: 12,
          proceed,
        });
        const perturbations: Tensor4D = tidy(() => mul(result.perturbations, 1));
        result.radii.dispose();
        result.crossed.dispose();
        result.perturbations.dispose();
        return { perturbations, gradientEvaluations: indices.map(() => iterations), completed };
      } finally {
        start.dispose();
        radii.dispose();
      }
    },
  };
}
