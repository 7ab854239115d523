import type { Tensor } from '@tensorflow/tfjs-core';
import type { World } from '../../engine/world/world.js';
import type { LayerPlan, WeightSpec } from '../layers/layer-kind.js';
import type { KerasOptions } from './keras-options.js';

/** A shape without the batch. */
export type Shape = readonly number[];

/** What a layer may use while it is applied; weights by Keras' names for them: `kernel`, `moving_mean`. */
export interface KerasContext {
  readonly training: boolean;
  /** The processes that a batch is spread over, in equal parts. */
  readonly world: World;
  weight(name: string): Tensor;
  /** Replaces a statistic in what `apply` of the model returns. */
  moveStatistic(name: string, value: Tensor): void;
}

/** What a layer makes of shapes, and which weights it needs for that: by Keras' names, in Keras' order. */
export type KerasPlan = LayerPlan;

/** Everything about one class of Keras layers. To add one: one file in layers/, one line in keras-layers.ts. */
export interface KerasLayer<C> {
  /** How many layers it follows: one, or at least two. */
  readonly follows: 'one' | 'several';
  /** Its configuration, checked, every option stated by Keras' name. */
  read(options: KerasOptions): C;
  /** @throws invalid-input where it cannot follow such shapes */
  plan(config: C, inputs: readonly Shape[], refuse: Refuse): KerasPlan;
  /** Pure, differentiable; batched values in, batched values out. The caller tidies. */
  apply(config: C, inputs: readonly Tensor[], context: KerasContext): Tensor;
}

/** Says what is wrong with a layer, or with what of it. @throws invalid-input naming both */
export type Refuse = (what: string, expected: string, got: string) => never;

/** A class of layers that follow one other. */
export interface OneInput<C> {
  readonly read: (options: KerasOptions) => C;
  readonly plan: (config: C, input: Shape, refuse: Refuse) => KerasPlan;
  readonly apply: (config: C, values: Tensor, context: KerasContext) => Tensor;
}

/** A layer that follows one other. */
export const oneInput = <C>({ read, plan, apply }: OneInput<C>): KerasLayer<C> => ({
  follows: 'one',
  read,
  plan: (config, [input = []], at) => plan(config, input, at),
  apply: (config, [values], context) => apply(config, values as Tensor, context),
});

/** A layer without weights, of each value alone. */
export const elementwise = <C>(
  read: OneInput<C>['read'],
  apply: (config: C, values: Tensor) => Tensor,
): KerasLayer<C> => oneInput({ read, plan: (_, input) => ({ outputShape: input, weights: {} }), apply });

/** What gradients change. */
export const parameter = (shape: Shape, initial: WeightSpec['initial']): WeightSpec => ({
  shape,
  role: 'parameter',
  initial,
});
