/** JSON as Keras writes it. */
export type Json = Record<string, unknown>;

/** A Sequential model of layers after a 6×6×1 input, as Keras writes it. */
export const sequentialOf = (...own: Json[]): Json => ({
  format: 'layers-model',
  modelTopology: {
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [{ class_name: 'InputLayer', config: { name: 'start', batch_input_shape: [null, 6, 6, 1] } }, ...own],
    },
  },
});
/** A layer in a Sequential model. */
export const layer = (className: string, name: string, config: Json = {}): Json => ({
  class_name: className,
  config: { name, ...config },
});
/** The end of a Sequential model of three classes. */
export const FLAT = layer('Flatten', 'flat');
export const LOGITS = layer('Dense', 'logits', { units: 3 });

/** A layer in a graph, and those that it follows. */
export const node = (className: string, name: string, from: readonly string[], config: Json = {}): Json => ({
  ...layer(className, name, config),
  name,
  inbound_nodes: [from.map((each) => [each, 0, 0, {}])],
});
const START: Json = {
  ...layer('InputLayer', 'start', { batch_input_shape: [null, 6, 6, 1] }),
  name: 'start',
  inbound_nodes: [],
};
/** The topology of a graph that begins at the layer `start`. */
export const functionalOf = (own: readonly Json[], more: Json = {}): Json => ({
  class_name: 'Functional',
  config: {
    name: 'net',
    layers: [START, ...own],
    input_layers: [['start', 0, 0]],
    output_layers: [['logits', 0, 0]],
    ...more,
  },
});
/** Two convolutions added up, then three logits. */
export const BRANCHES = [
  node('Conv2D', 'left', ['start'], { filters: 2, kernel_size: [3, 3], padding: 'same' }),
  node('Conv2D', 'right', ['start'], { filters: 2, kernel_size: [1, 1] }),
  node('Add', 'sum', ['left', 'right']),
  node('Flatten', 'flat', ['sum']),
  node('Dense', 'logits', ['flat'], { units: 3 }),
];

/** A small residual network with batch normalisation for the ten digits, 28×28×1: what `model.save` writes, without weights. */
export const RESIDUAL_DIGITS: Json = {
  format: 'layers-model',
  modelTopology: {
    class_name: 'Model',
    config: {
      name: 'residual',
      layers: [
        { ...layer('InputLayer', 'image', { batch_input_shape: [null, 28, 28, 1] }), name: 'image', inbound_nodes: [] },
        node('Conv2D', 'stem', ['image'], { filters: 4, kernel_size: [3, 3], strides: [2, 2], padding: 'same' }),
        node('BatchNormalization', 'norm', ['stem'], { axis: [3], momentum: 0.9, epsilon: 0.001 }),
        node('Activation', 'active', ['norm'], { activation: 'relu' }),
        node('Conv2D', 'branch', ['active'], { filters: 4, kernel_size: 3, padding: 'same', activation: 'relu' }),
        node('Add', 'sum', ['branch', 'active']),
        node('AveragePooling2D', 'pool', ['sum'], { pool_size: [2, 2] }),
        node('Flatten', 'flat', ['pool']),
        node('Dense', 'logits', ['flat'], { units: 10 }),
      ],
      input_layers: [['image', 0, 0]],
      output_layers: [['logits', 0, 0]],
    },
  },
  weightsManifest: [],
};
