import { add, logSoftmax, logSumExp, matMul, oneHot, stack, tensor1d } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../core/engine/engine.js';
import { invalidInput } from '../../core/errors.js';
import type { WeightedClassifier } from '../../core/margin/attack-steps.js';
import { classifierOf } from '../../core/model/classifier.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import { weightsFor } from '../../core/model/weights.js';
import { isInOrder, matchClasses } from '../data/match-classes.js';

/** A model and its weights. */
export interface Member {
  /** For people. */
  readonly title: string;
  readonly model: Model;
  /** Parameters and running statistics. */
  readonly weights: HostTensors;
  /** What its classes are called. */
  readonly labels: readonly string[];
}

/** What is evaluated: inputs → logits, as one function of all its weights. */
export interface EvaluatedClassifier {
  readonly apply: WeightedClassifier;
  readonly weights: HostTensors;
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
}

/**
 * One classifier of one model or of several, whose probabilities are averaged:
 *
 *     z = log( (1/m) Σᵢ softmax(zᵢ) )
 *
 * Probabilities and not logits are averaged, since logits of different models have scales of their own, and the one with the largest would
 * decide alone; and the logarithm is taken of the mean, since attacks ascend losses of logits: softmax(z) is then the mean itself, and cross
 * entropy its own. All members are attacked at once, as the one classifier that they are. A single model's logits are left as they are. Classes are
 * those of the first member, and are matched by their names.
 *
 * @throws invalid-input if there is no member, they take different inputs or have different classes (with both lists), or their weights are not theirs
 */
export function evaluatedClassifier(members: readonly Member[]): EvaluatedClassifier {
  const [first] = members;
  if (first === undefined) throw invalidInput('members', 'at least one model', 'none');
  const { inputShape, classes } = first.model.architecture;
  for (const { title, model } of members) {
    const other = model.architecture;
    if (other.inputShape.join() !== inputShape.join()) {
      throw invalidInput(
        `ensemble: ${title}`,
        `inputs of ${shown(inputShape)} as ${first.title}`,
        shown(other.inputShape),
      );
    }
    if (other.classes !== classes) {
      throw invalidInput(`ensemble: ${title}`, `${classes} classes as ${first.title}`, `${other.classes}`);
    }
  }
  const to = { title: first.title, classes: first.labels };
  const orders = members.map(({ title, labels }) => matchClasses({ title, classes: labels }, to));
  const models = members.map(({ model }) => model);
  return { apply: averaging(models, orders), weights: prefixed(members), inputShape, classes };
}

/** z in the order of the classes that its own have been matched to. */
function reordered(logits: Tensor2D, matched: readonly number[]): Tensor2D {
  if (isInOrder(matched)) return logits;
  return matMul(logits, oneHot(tensor1d([...matched], 'int32'), matched.length) as Tensor2D);
}

function averaging(models: readonly Model[], orders: readonly (readonly number[])[]): WeightedClassifier {
  return (weights, inputs) => {
    const logits = models.map((model, index) =>
      reordered(classifierOf(model)(ownWeights(weights, index), inputs), orders[index] ?? []),
    );
    const [only, ...more] = logits;
    if (only !== undefined && more.length === 0) return only;
    const mean: Tensor2D = logSumExp(stack(logits.map((each) => logSoftmax(each))), 0);
    return add(mean, -Math.log(logits.length));
  };
}

const prefix = (index: number): string => `member${index + 1}.`;

function prefixed(members: readonly Member[]): HostTensors {
  return Object.fromEntries(
    members.flatMap(({ model, weights }, index) =>
      Object.entries(weightsFor(model.architecture, weights)).map(([name, value]) => [prefix(index) + name, value]),
    ),
  );
}

function ownWeights(weights: TensorMap, index: number): TensorMap {
  const own = prefix(index);
  return Object.fromEntries(
    Object.entries(weights).flatMap(([name, value]) =>
      name.startsWith(own) ? [[name.slice(own.length), value] as const] : [],
    ),
  );
}

const shown = (shape: readonly number[]): string => shape.join(' × ');
