import { dispose, gather, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Engine, type TensorMap } from '../../core/engine/engine.js';
import { invalidInput } from '../../core/errors.js';
import type { WeightedClassifier } from '../../core/margin/attack-steps.js';
import { largestLogit, readLogits } from '../../core/margin/host-logits.js';
import { neverStop, watchedPace, type ShouldContinue } from '../../core/margin/pace.js';
import type { AttackNorm, ThreatModel } from '../../core/margin/threat-model.js';
import type { MaskingCheck } from './evaluation-result.js';
import { attacksDisagree } from './masking/attacks-disagree.js';
import { gradientFreeStronger } from './masking/gradient-free-stronger.js';
import { notZeroAtHugeEpsilon } from './masking/huge-epsilon.js';
import type { MaskingContext, Spent } from './masking/masking-context.js';
import { notMade, type Seen } from './masking/reasons.js';
import { zeroGradients } from './masking/zero-gradients.js';

/** Every check by name, in the order in which they are made. */
const CHECKS: Readonly<Record<string, (context: MaskingContext) => Promise<Seen>>> = {
  'zero-gradients': zeroGradients,
  'not-zero-at-huge-epsilon': notZeroAtHugeEpsilon,
  'attacks-disagree': attacksDisagree,
  'gradient-free-stronger': gradientFreeStronger,
};

/** So many inputs show what masks gradients, and cost a small part of an evaluation. More are not looked at. */
export const MASKING_INPUTS = 32;

/** What is checked. Tensors stay the caller's. */
export interface MaskingRequest {
  readonly engine: Pick<Engine, 'compile'>;
  readonly classifier: WeightedClassifier;
  readonly weights: TensorMap;
  readonly threat: ThreatModel;
  /** x, [n, h, w, c], inside the bounds. The first {@link MASKING_INPUTS} are looked at. */
  readonly inputs: Tensor4D;
  /** y, one an input. */
  readonly labels: readonly number[];
  /** ε > 0 at which attacks with and without gradients are compared: one at which robust accuracy is neither 0 nor 1 tells most. */
  readonly epsilon: number;
  readonly seed: bigint;
  /** Asked between the parts of the work; false ends it with an error. */
  readonly shouldContinue?: ShouldContinue | undefined;
  /** After each check: the fraction of the work that is done. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** What the checks found, and what their attacks cost in sum over all inputs. */
export interface MaskingFindings extends Readonly<Spent> {
  readonly checks: readonly MaskingCheck[];
}

/**
 * Looks for signs that a model's gradients mislead attacks, so that it is less robust than they say (Athalye et al. 2018, arXiv:1802.00420):
 * one check each, with what was seen in numbers, whether it is raised or not.
 *
 * Misclassified inputs are left out. A check without anything to look at says so and is not raised.
 *
 * @throws cancelled if `shouldContinue` stopped it; invalid-input if a number or a label is missing
 */
export async function maskingChecks(request: MaskingRequest): Promise<MaskingFindings> {
  const { engine, classifier, weights, threat, epsilon, seed, onProgress } = request;
  if (!(epsilon > 0 && Number.isFinite(epsilon))) throw invalidInput('epsilon', 'a positive number', String(epsilon));
  if (request.labels.length !== request.inputs.shape[0]) {
    throw invalidInput('labels', `one for each of ${request.inputs.shape[0]} inputs`, String(request.labels.length));
  }
  const logitsAt = engine.compile(
    (at: TensorMap, points: Tensor4D): Tensor2D => classifier(at, points),
    LASTING_WEIGHTS,
  );
  const looked = request.labels.slice(0, MASKING_INPUTS).map((_, row) => row);
  const some = rowsOf(request.inputs, looked);
  const { rows } = await readLogits(tidy(() => logitsAt(weights, some)));
  const correct = looked.filter((row) => largestLogit(rows[row] ?? new Float32Array()) === request.labels[row]);
  const inputs = rowsOf(some, correct);
  some.dispose();
  try {
    const spent: Spent = { gradientEvaluations: 0, forwardEvaluations: 0 };
    const context: MaskingContext = {
      ...{ compile: engine.compile, classifier, weights, threat, inputs, logitsAt, epsilon, seed, spent },
      labels: correct.map((row) => request.labels[row] ?? 0),
      logits: correct.map((row) => rows[row] ?? new Float32Array()),
      hugeEpsilon: hugeEpsilonOf(threat, request.inputs),
      shouldContinue: watchedPace(request.shouldContinue ?? neverStop).shouldContinue,
    };
    const found: MaskingCheck[] = [];
    const checks = Object.entries(CHECKS);
    for (const [check, look] of checks) {
      found.push({
        check,
        ...(correct.length > 0 ? await look(context) : notMade('no input is classified correctly')),
      });
      onProgress?.(found.length / checks.length);
    }
    return { checks: found, ...spent };
  } finally {
    dispose(inputs);
  }
}

const rowsOf = (inputs: Tensor4D, rows: readonly number[]): Tensor4D =>
  tidy(() => gather(inputs, tensor1d([...rows], 'int32')));

/** The distance of opposite corners of the box. */
function hugeEpsilonOf({ norm, bounds }: ThreatModel, { size, shape }: Tensor4D): number {
  const side = bounds.upper - bounds.lower;
  const values = size / shape[0];
  const corners: Readonly<Record<AttackNorm, number>> = { linf: 1, l2: Math.sqrt(values), l1: values };
  return side * corners[norm];
}
