import { greaterEqual } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { pointAt } from '../../box.js';
import { logitMargin, reaching, type Loss } from '../../losses.js';
import type { ThreatModel } from '../../threat-model.js';
import type { Aim } from '../attack.js';
import { keepStronger, nothingTried, type Strongest } from './strongest.js';
import { successOf } from './success.js';

/** What an attack without gradients works on; batched. */
export type AscentProblem = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The classes to leave or to reach, [n] int32. */
  readonly classes: Tensor1D;
  /** ε, [n]. */
  readonly radii: Tensor1D;
};

/** What one try does: what is best once δ, [n, h, w, c], inside ball and box, has been tried. One forward evaluation. */
type Try = (weights: TensorMap, problem: AscentProblem, known: Strongest, perturbations: Tensor4D) => Strongest;

/** How an attack without gradients ascends; pure functions. */
export interface GradientFreeAscent {
  /** What is ascended: the logit margin. */
  readonly margin: Loss;
  /** The first try of a run: it is taken, except where something has succeeded before. */
  readonly tryFirst: Try;
  /** Each further one: it is taken where it succeeds, or its margin is no less; but what has succeeded stays. */
  readonly tryNext: Try;
}

/** How attacks without gradients ascend in a threat model. */
export function gradientFreeAscent(
  classifier: WeightedClassifier,
  { bounds }: ThreatModel,
  aim: Aim,
): GradientFreeAscent {
  const margin = aim === 'untargeted' ? logitMargin : reaching(logitMargin);
  const success = successOf(aim);
  const tryNext: Try = (weights, { inputs, classes }, known, perturbations) => {
    const logits = classifier(weights, pointAt(inputs, perturbations, bounds));
    const succeeds: Tensor1D = greaterEqual(success(logits, classes), 0);
    return keepStronger(known, perturbations, margin(logits, classes), succeeds, 'last');
  };
  const tryFirst: Try = (weights, problem, { best, found }, perturbations) =>
    tryNext(weights, problem, { ...nothingTried(problem.inputs), best, found }, perturbations);
  return { margin, tryFirst, tryNext };
}
