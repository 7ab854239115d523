import { input, layers, model, sequential, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Json } from './keras-json.js';

/** A file of TensorFlow.js, as others write the same. */
type Rewrite = (json: Json) => Json;

interface Layer {
  apply(from: SymbolicTensor | SymbolicTensor[]): unknown;
}
const on = (layer: Layer, from: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
  layer.apply(from) as SymbolicTensor;
const ending = (start: SymbolicTensor, last: SymbolicTensor): LayersModel =>
  model({ inputs: start, outputs: on(layers.dense({ units: 3 }), on(layers.flatten(), last)) });

const stack = (): LayersModel =>
  sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 7, 3], filters: 4, kernelSize: 3, activation: 'relu', name: 'conv' }),
      layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
      layers.flatten({ name: 'flat' }),
      layers.dense({ units: 6, activation: 'relu', name: 'hidden' }),
      layers.dense({ units: 3, name: 'logits' }),
    ],
  });
/** One convolution in three places. */
export const sharedConvolution = (): LayersModel => {
  const start = input({ shape: [6, 6, 2] });
  const conv = layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', activation: 'tanh', name: 'conv' });
  return ending(start, on(layers.add(), [on(conv, on(conv, start)), on(conv, start)]));
};

const replaced =
  (...texts: readonly (readonly [string, string])[]): Rewrite =>
  (json) =>
    JSON.parse(texts.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(json))) as Json;
const topologyOf = (json: Json): Json => json['modelTopology'] as Json;
const renamedWeights =
  (rename: (name: string) => string): Rewrite =>
  (json) => {
    for (const { weights } of json['weightsManifest'] as { weights: { name: string }[] }[])
      for (const weight of weights) weight.name = rename(weight.name);
    return json;
  };
/** Without names of layers; those of weights are what TensorFlow.js would have made up for them in a program of its own. */
const nameless: Rewrite = (json) => {
  const without = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(without);
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).filter(([key]) => key !== 'name');
    return Object.fromEntries(fields.map(([key, field]) => [key, without(field)]));
  };
  const made: Json = { conv: 'conv2d_Conv2D1', hidden: 'dense_Dense1', logits: 'dense_Dense2' };
  const named = renamedWeights((name) => name.replace(/^\w+/, (layer) => String(made[layer])))(json);
  return { ...named, modelTopology: without(named['modelTopology']) };
};

/** Models that TensorFlow.js makes, and their files as it or others write them. */
export const SAVED_MODELS: readonly (readonly [string, () => LayersModel, Rewrite?])[] = [
  ['a Sequential model', stack],
  ['layers without names', stack, nameless],
  [
    'layers in a bare list',
    stack,
    (json) => ({
      ...json,
      modelTopology: { ...topologyOf(json), config: (topologyOf(json)['config'] as Json)['layers'] },
    }),
  ],
  [
    'its topology below model_config',
    stack,
    (json) => ({
      ...json,
      modelTopology: { keras_version: '2.15.0', model_config: json['modelTopology'], training_config: {} },
    }),
  ],
  ['its topology without more', stack, (json) => ({ ...topologyOf(json), weightsManifest: json['weightsManifest'] })],
  [
    'keys of TensorFlow.js',
    stack,
    replaced(['batch_input_shape', 'batchInputShape'], ['class_name', 'className'], ['kernel_size', 'kernelSize']),
  ],
  ['a shape without the batch', stack, replaced(['"batch_input_shape":[null,8,7,3]', '"input_shape":[8,7,3]'])],
  ['batch_shape', stack, replaced(['"batch_input_shape"', '"batch_shape"'])],
  ['weights with prefixes', stack, renamedWeights((name) => `model/tower/${name}:0`)],
  [
    'an InputLayer first',
    () =>
      sequential({
        layers: [layers.inputLayer({ inputShape: [5, 4, 2] }), layers.flatten(), layers.dense({ units: 3 })],
      }),
  ],
  [
    'grey images without an axis of channels',
    () =>
      sequential({
        layers: [
          layers.rescaling({ scale: 2, offset: -1, inputShape: [8, 7] }),
          layers.reshape({ targetShape: [8, 7, 1] }),
          layers.conv2d({ filters: 2, kernelSize: 3 }),
          layers.flatten(),
          layers.dense({ units: 3 }),
        ],
      }),
  ],
  [
    'names with a path in them',
    () => {
      const start = input({ shape: [6, 6, 2] });
      const first = on(layers.conv2d({ filters: 2, kernelSize: 3, name: 'block1/conv' }), start);
      return ending(start, on(layers.conv2d({ filters: 2, kernelSize: 3, name: 'block1/conv/again' }), first));
    },
  ],
  [
    'a layer without weights that is used more than once',
    () => {
      const start = input({ shape: [8, 8, 2] });
      const relu = layers.reLU();
      const first = on(relu, on(layers.conv2d({ filters: 3, kernelSize: 3 }), start));
      return ending(start, on(relu, on(layers.conv2d({ filters: 2, kernelSize: 3 }), first)));
    },
  ],
  ['a layer with weights that is used more than once', sharedConvolution],
  [
    'a model that is used more than once',
    () => {
      const block = sequential({
        layers: [
          layers.conv2d({ inputShape: [6, 6, 2], filters: 2, kernelSize: 3, padding: 'same', activation: 'tanh' }),
          layers.leakyReLU(),
        ],
      });
      const start = input({ shape: [6, 6, 2] });
      return ending(start, on(block, on(block, start)));
    },
  ],
  [
    'a layer that another model uses, too',
    () => {
      const conv = layers.conv2d({ filters: 2, kernelSize: 3 });
      on(conv, input({ shape: [6, 6, 2] }));
      const start = input({ shape: [6, 6, 2] });
      return ending(start, on(conv, start));
    },
  ],
  [
    'a model without its end, in another',
    () => {
      const base = stack() as ReturnType<typeof sequential>;
      base.pop();
      return sequential({ layers: [base, layers.dense({ units: 4 })] });
    },
  ],
  [
    'activations as layers, and layers that only train',
    () => {
      const start = input({ shape: [6, 6, 2] });
      const each: Layer[] = [
        layers.activation({ activation: 'hardSigmoid' }),
        layers.alphaDropout({ rate: 0.2 }),
        layers.dropout({ rate: 0.3, noiseShape: [1, 1, 2], seed: 3 }),
        layers.conv2d({
          filters: 2,
          kernelSize: 1,
          kernelInitializer: 'orthogonal',
          kernelRegularizer: 'l1l2',
          kernelConstraint: 'maxNorm',
          trainable: false,
        }),
        layers.reLU({ maxValue: 6 }),
        layers.softmax({ axis: -1 }),
      ];
      return ending(
        start,
        each.reduce((x, layer) => on(layer, x), start),
      );
    },
  ],
];
