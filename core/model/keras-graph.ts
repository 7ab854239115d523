import type { HostTensor } from './host-tensors.js';

/** Where the values of a Keras layer's weight come from: one of the model's weights, or constants. */
export type KerasWeight =
  { readonly from: string; readonly shape: readonly number[] } | { readonly constant: HostTensor };

/** A Keras model that grows layer by layer. */
export interface KerasGraph {
  /**
   * Adds a layer.
   *
   * @param name undefined: one is made up from the class
   * @param inputs names of layers that are there
   * @param weights Keras' names of the layer's weights, in Keras' order
   * @returns the layer's name
   */
  add(
    className: string,
    name: string | undefined,
    config: Readonly<Record<string, unknown>>,
    inputs: readonly string[],
    weights?: Readonly<Record<string, KerasWeight>>,
  ): string;
}

/** A finished Keras model: its functional configuration, and its weights in the order of the file. */
export interface KerasModel {
  readonly config: unknown;
  readonly weights: readonly { readonly name: string; readonly source: KerasWeight }[];
}

/** Starts a functional Keras model of one input; `finish` closes it at its output. */
export function openKerasGraph(
  name: string,
  inputShape: readonly number[],
): KerasGraph & { readonly input: string; finish(output: string): KerasModel } {
  const input = 'input';
  const shape = { batch_input_shape: [null, ...inputShape], dtype: 'float32', sparse: false };
  const layers: unknown[] = [node('InputLayer', input, shape, [])];
  const weights: { name: string; source: KerasWeight }[] = [];
  const counts = new Map<string, number>();
  return {
    input,
    add: (className, given, config, inputs, own = {}) => {
      const count = (counts.get(className) ?? 0) + 1;
      if (given === undefined) counts.set(className, count);
      const layer = given ?? `${className.toLowerCase()}_${count}`;
      layers.push(node(className, layer, { trainable: true, dtype: 'float32', ...config }, inputs));
      for (const [weight, source] of Object.entries(own)) weights.push({ name: `${layer}/${weight}`, source });
      return layer;
    },
    finish: (output) => ({
      config: { name, layers, input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] },
      weights,
    }),
  };
}

function node(className: string, name: string, config: object, inputs: readonly string[]): unknown {
  const inbound = inputs.length === 0 ? [] : [inputs.map((from) => [from, 0, 0, {}])];
  return { name, class_name: className, config: { name, ...config }, inbound_nodes: inbound };
}
