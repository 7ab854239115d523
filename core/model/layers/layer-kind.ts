import type { Tensor } from '@tensorflow/tfjs-core';
import type { World } from '../../engine/world/world.js';
import type { Layer } from '../architecture.js';
import type { KerasGraph } from '../keras-graph.js';
import type { Initial } from '../initial.js';

/** One array of weights that a layer has. */
export interface WeightSpec {
  readonly shape: readonly number[];
  /** Whether gradients change it, or averaging. */
  readonly role: 'parameter' | 'statistic';
  readonly initial: Initial;
}

/** What a layer makes of a shape (without the batch), and which weights it needs for that, by full name. */
export interface LayerPlan {
  readonly outputShape: readonly number[];
  readonly weights: Readonly<Record<string, WeightSpec>>;
}

/** What a layer may use while it is applied. */
export interface LayerContext {
  readonly training: boolean;
  /** The processes that a batch is spread over, in equal parts. */
  readonly world: World;
  /** A weight by its full name. */
  weight(name: string): Tensor;
  /** Replaces a statistic in what `apply` of the model returns. */
  moveStatistic(name: string, value: Tensor): void;
}

/** What a field of a layer may be. */
export type Field = 'name' | 'size' | 'odd size' | 'boolean' | 'nodes';

/** Everything about one kind of layer. To add a kind: its data in architecture.ts, one file here, one line in layer-kinds.ts. */
export interface LayerKind<L extends Layer> {
  /** Its data, as it is checked when it is read from a file. */
  readonly fields: Readonly<Record<Exclude<keyof L, 'kind'>, Field>>;
  /** @throws invalid-input where the layer cannot follow such a shape */
  plan(layer: L, inputShape: readonly number[]): LayerPlan;
  /** Pure, differentiable; batched values in, batched values out. The caller tidies. */
  apply(layer: L, values: Tensor, context: LayerContext): Tensor;
  /** Adds the stock Keras layers that compute the same to a graph. @returns the name of the last one */
  addTo(graph: KerasGraph, layer: L, input: string, inputShape: readonly number[]): string;
}
