import { cast, concat, div, mean, reshape } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import type { World } from '../../../core/engine/world/world.js';
import { isCorrect } from '../../../core/margin/is-correct.js';
import { lossOf } from '../../../core/margin/losses.js';
import { trainingPass, type TrainingPass } from '../objective.js';
import { lossesOf } from './method-config.js';
import type { MethodContext } from './training-method.js';

/** What the clean examples of a batch give: this process's part, to be added up over all. */
export type CleanTerm = Pick<TrainingPass, 'gradients' | 'statistics'> & {
  /** [cleanLoss, accuracy]. */
  readonly figures: Tensor1D;
};

export type CleanPass = CleanTerm & Pick<TrainingPass, 'logits'>;

/** `weight` times the clean loss, by one pass in training mode, which moves the running statistics. Pure. */
export function cleanPass(
  { model, config, world }: Pick<MethodContext, 'model' | 'config' | 'world'>,
  weight: number,
  parameters: TensorMap,
  statistics: TensorMap,
  inputs: Tensor4D,
  labels: Tensor1D,
): CleanPass {
  const term = { weight, loss: lossOf(lossesOf(config).clean), world };
  const pass = trainingPass(model, term, parameters, statistics, inputs, labels);
  return {
    gradients: pass.gradients,
    logits: pass.logits,
    statistics: pass.statistics,
    figures: concat([asVector(pass.loss), asVector(accuracyOf(pass.logits, labels, world))]),
  };
}

export const asVector = (value: Scalar): Tensor1D => reshape(value, [1]);

/** This process's part of the fraction of the batch that is classified correctly. */
export const accuracyOf = (logits: Tensor2D, labels: Tensor1D, world: World): Scalar =>
  div(mean(cast(isCorrect(logits, labels), 'float32')), world.size);
