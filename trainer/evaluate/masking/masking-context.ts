import { gather, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { filledUp } from '../../../core/engine/batch-size.js';
import type { Compile, TensorMap } from '../../../core/engine/engine.js';
import { DomainError } from '../../../core/errors.js';
import type { WeightedClassifier } from '../../../core/margin/attack-steps.js';
import type { AttackOutcome, AttackProblem } from '../../../core/margin/attacks/attack.js';
import { verify, isAdversarial } from '../../../core/margin/verify.js';
import { seedsOfImages } from '../../../core/margin/image-seeds.js';
import type { ThreatModel } from '../../../core/margin/threat-model.js';

/** What was spent, in sum over all inputs. */
export interface Spent {
  gradientEvaluations: number;
  forwardEvaluations: number;
}

/** What the checks share. Its tensors stay the caller's. */
export interface MaskingContext {
  readonly compile: Compile;
  readonly classifier: WeightedClassifier;
  readonly weights: TensorMap;
  readonly threat: ThreatModel;
  /** Those that are classified correctly, [n, h, w, c]. */
  readonly inputs: Tensor4D;
  readonly labels: readonly number[];
  /** z at x. */
  readonly logits: readonly Float32Array[];
  readonly logitsAt: (weights: TensorMap, points: Tensor4D) => Tensor2D;
  /** ε at which attacks are compared. */
  readonly epsilon: number;
  /** ε of which every point of the box is within. */
  readonly hugeEpsilon: number;
  readonly seed: bigint;
  /** What all checks have spent so far: each adds its own. */
  readonly spent: Spent;
  /** False, from then on, once the work is to end. */
  readonly shouldContinue: () => Promise<boolean>;
}

/** @throws cancelled if the checks are to end */
export async function orStop({ shouldContinue }: MaskingContext): Promise<void> {
  if (!(await shouldContinue())) throw new DomainError('cancelled', 'evaluation: stopped');
}

/**
 * Runs an attack on some of the inputs, and looks at what it found: ‖δ‖ in float64 of each that is wrong at x + δ, classified again, undefined
 * where it is not, or δ is longer than `reach`.
 *
 * @param rows which inputs, at least one
 * @throws cancelled if the checks are to end
 */
export async function attacked(
  context: MaskingContext,
  rows: readonly number[],
  reach: number,
  attack: (problem: AttackProblem) => Promise<AttackOutcome>,
): Promise<readonly (number | undefined)[]> {
  const { weights, threat, logitsAt, shouldContinue, seed } = context;
  await orStop(context);
  const filled = filledUp(rows);
  const inputs: Tensor4D = tidy(() => gather(context.inputs, tensor1d([...filled], 'int32')));
  try {
    const {
      perturbations,
      gradientEvaluations,
      forwardEvaluations = 0,
    } = await attack({
      weights,
      inputs,
      classes: filled.map((row) => context.labels[row] ?? 0),
      logits: filled.map((row) => context.logits[row] ?? new Float32Array()),
      seeds: await seedsOfImages(seed, inputs, threat.bounds),
      shouldContinue,
    });
    context.spent.gradientEvaluations += rows.length * gradientEvaluations;
    context.spent.forwardEvaluations += rows.length * forwardEvaluations;
    const followed = await verify(logitsAt, weights, inputs, perturbations, threat);
    await orStop(context);
    return rows.map((row, index) => {
      const reached = followed[index];
      const isBroken = reached !== undefined && isAdversarial(reached, context.labels[row] ?? 0, reach);
      return isBroken ? reached.distance : undefined;
    });
  } finally {
    inputs.dispose();
  }
}
