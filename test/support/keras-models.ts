import { getBackend, io, setBackend, tensor, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  input,
  layers,
  loadLayersModel,
  model,
  sequential,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import type { LayersModelFiles } from '../../core/model/layers-model.js';
import { createRandom, type Random } from '../../core/random.js';

/** What TensorFlow.js saves of a model: `model.json`, parsed, and its one file of weights. */
export interface SavedModel {
  readonly json: Record<string, unknown>;
  readonly weights: Uint8Array;
}

/** Does something on TensorFlow.js' own kernels in JavaScript, which are slow and right. */
export function onReference<T>(run: () => T): T {
  const active = getBackend() as string | undefined;
  void setBackend('cpu');
  try {
    return run();
  } finally {
    if (active !== undefined) void setBackend(active);
  }
}

/** Saves a model of TensorFlow.js as its own programs do. */
export async function savedModel(theirs: LayersModel): Promise<SavedModel> {
  let artifacts: io.ModelArtifacts | undefined;
  await theirs.save(
    io.withSaveHandler((saved) => {
      artifacts = saved;
      return Promise.resolve({ modelArtifactsInfo: io.getModelArtifactsInfoForJSON(saved) });
    }),
  );
  if (artifacts === undefined) throw new Error('nothing was saved');
  const manifest = [{ paths: ['weights.bin'], weights: artifacts.weightSpecs ?? [] }];
  const json = JSON.stringify({
    ...artifacts,
    weightSpecs: undefined,
    weightData: undefined,
    weightsManifest: manifest,
  });
  const { weightData = new ArrayBuffer() } = artifacts;
  const parts = Array.isArray(weightData) ? weightData : [weightData];
  return {
    json: JSON.parse(json) as Record<string, unknown>,
    weights: Buffer.concat(parts.map((part) => new Uint8Array(part))),
  };
}

/** Loads files as programs of TensorFlow.js do. */
export async function loadedModel(files: LayersModelFiles): Promise<LayersModel> {
  const json = JSON.parse(Buffer.from(files['model.json']).toString()) as io.ModelJSON;
  const artifacts = await io.getModelArtifactsForJSON(json, (manifest) =>
    Promise.resolve([manifest.flatMap((group) => group.weights), Uint8Array.from(files['weights.bin']).buffer]),
  );
  return loadLayersModel(io.fromMemory(artifacts));
}

/** Gives a model random weights, its running variances positive ones. */
export function randomise(theirs: LayersModel, random: Random): void {
  tidy(() => {
    const values = theirs.weights.map(({ shape, originalName }) => {
      const count = shape.reduce<number>((product, extent) => product * (extent ?? 1), 1);
      const fanIn = shape.length > 1 ? count / (shape.at(-1) ?? 1) : 10;
      const positive = originalName.endsWith('moving_variance');
      const draw = () => (positive ? 0.5 + random.uniform() : random.normal() / Math.sqrt(fanIn));
      return tensor(Float32Array.from({ length: count }, draw), shape as number[]);
    });
    theirs.setWeights(values);
  });
}

type Build = (from: SymbolicTensor, random: Random) => SymbolicTensor;
const on = (layer: { apply(from: SymbolicTensor | SymbolicTensor[]): unknown }, ...from: SymbolicTensor[]) =>
  layer.apply(from.length === 1 ? from[0]! : from) as SymbolicTensor;
const one = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)]!;
const PADDINGS = ['same', 'valid'] as const;
export const ACTIVATIONS = [
  'relu',
  'elu',
  'selu',
  'relu6',
  'tanh',
  'sigmoid',
  'softplus',
  'softsign',
  'hardSigmoid',
  'swish',
  'mish',
  'gelu',
  'linear',
] as const;

/** Layers of images by name, each with options of its own. */
export const IMAGE_LAYERS: Readonly<Record<string, Build>> = {
  conv2d: (x, r) =>
    on(
      layers.conv2d({
        filters: 1 + r.below(4),
        kernelSize: [1 + r.below(3), 1 + r.below(3)],
        strides: [1 + r.below(2), 1 + r.below(2)],
        padding: one(r, PADDINGS),
        activation: one(r, ACTIVATIONS),
        useBias: r.below(2) === 0,
        kernelInitializer: one(r, ['glorotNormal', 'heUniform', 'leCunNormal']),
      }),
      x,
    ),
  dilated: (x, r) =>
    on(layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: [2, 1 + r.below(2)], padding: one(r, PADDINGS) }), x),
  depthwise: (x, r) =>
    on(
      layers.depthwiseConv2d({
        kernelSize: 3,
        strides: 1 + r.below(2),
        depthMultiplier: 1 + r.below(2),
        padding: one(r, PADDINGS),
        activation: 'tanh',
      }),
      x,
    ),
  separable: (x, r) =>
    on(
      layers.separableConv2d({
        filters: 3,
        kernelSize: 3,
        depthMultiplier: 1 + r.below(2),
        padding: one(r, PADDINGS),
        activation: 'relu',
      }),
      x,
    ),
  batchNormalization: (x, r) =>
    on(
      layers.batchNormalization({ momentum: 0.8, epsilon: 0.01, center: r.below(2) === 0, scale: r.below(2) === 0 }),
      x,
    ),
  wholeBatchNormalization: (x) => on(layers.batchNormalization({ momentum: 0.7 }), x),
  layerNormalization: (x, r) => on(layers.layerNormalization({ axis: one(r, [-1, [1, 2, 3]]), epsilon: 0.01 }), x),
  maxPooling: (x, r) =>
    on(
      layers.maxPooling2d({ poolSize: [2, 1 + r.below(3)], strides: [1 + r.below(2), 2], padding: one(r, PADDINGS) }),
      x,
    ),
  averagePooling: (x, r) =>
    on(layers.averagePooling2d({ poolSize: [2, 3], strides: [1 + r.below(2), 2], padding: one(r, PADDINGS) }), x),
  zeroPadding: (x) =>
    on(
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
      x,
    ),
  cropping: (x) =>
    on(
      layers.cropping2D({
        cropping: [
          [1, 0],
          [0, 1],
        ],
      }),
      x,
    ),
  upSampling: (x, r) => on(layers.upSampling2d({ size: [2, 1 + r.below(2)] }), x),
  activation: (x, r) => on(layers.activation({ activation: one(r, ACTIVATIONS) }), x),
  relu: (x, r) => on(layers.reLU(r.below(2) === 0 ? { maxValue: 0.7 } : {}), x),
  leakyReLU: (x) => on(layers.leakyReLU({ alpha: 0.2 }), x),
  elu: (x) => on(layers.elu(), x),
  prelu: (x, r) => on(layers.prelu(r.below(2) === 0 ? { sharedAxes: [1, 2] } : {}), x),
  softmax: (x) => on(layers.softmax({ axis: -1 }), x),
  dropout: (x) => on(layers.dropout({ rate: 0.5 }), x),
  gaussianNoise: (x) => on(layers.gaussianNoise({ stddev: 0.1 }), x),
  rescaling: (x) => on(layers.rescaling({ scale: 2, offset: -1 }), x),
  permute: (x) => on(layers.permute({ dims: [2, 1, 3] }), x),
  denseOfChannels: (x) => on(layers.dense({ units: 3, activation: 'tanh' }), x),
  residual: (x, r) => {
    const channels = x.shape[3]!;
    const branch = on(layers.conv2d({ filters: channels, kernelSize: 3, padding: 'same', activation: 'relu' }), x);
    const merge = one(r, [layers.add(), layers.multiply(), layers.average(), layers.maximum(), layers.minimum()]);
    return on(merge, branch, x, x);
  },
  squeeze: (x) => {
    const channels = x.shape[3]!;
    const weights = on(
      layers.dense({ units: channels, activation: 'sigmoid' }),
      on(layers.globalAveragePooling2d({}), x),
    );
    return on(layers.multiply(), x, on(layers.reshape({ targetShape: [1, 1, channels] }), weights));
  },
  inception: (x, r) => {
    const wide = on(layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same' }), x);
    const narrow = on(layers.conv2d({ filters: 1 + r.below(2), kernelSize: 1 }), x);
    return on(layers.concatenate(r.below(2) === 0 ? { axis: 3 } : {}), wide, narrow, x);
  },
};

const ENDS: readonly Build[] = [
  (x) => on(layers.flatten(), x),
  (x) => on(layers.globalAveragePooling2d({}), x),
  (x) => on(layers.globalMaxPooling2d({}), x),
];

/** A model of these layers of images or activations, in TensorFlow.js: functional, ending in a hidden layer and `classes` logits. */
export function kerasModel(names: readonly string[], seed: number, shape = [11, 10, 2], classes = 3): LayersModel {
  const random = createRandom(seed);
  const start = input({ shape });
  let x = start;
  for (const name of names) {
    const activation = ACTIVATIONS.find((each) => each === name);
    const next = activation ? on(layers.activation({ activation }), x) : IMAGE_LAYERS[name]!(x, random);
    // A window that fits nowhere is no error of TensorFlow.js until it runs.
    if (next.shape.every((extent) => extent === null || extent > 1)) x = next;
  }
  x = one(random, ENDS)(x, random);
  x = on(layers.dense({ units: 6, activation: 'relu' }), x);
  x = on(layers.batchNormalization({ momentum: 0.9 }), x);
  const theirs = model({ inputs: start, outputs: on(layers.dense({ units: classes }), x) });
  randomise(theirs, random);
  return theirs;
}

/** A functional model in which a functional and a Sequential model are layers, after the first of these. */
export function nestedModel(seed: number): LayersModel {
  const base = kerasModel(['conv2d', 'residual'], seed, [6, 5, 2], 8);
  const head = sequential({
    layers: [layers.dense({ units: 5, activation: 'relu', inputShape: [8] }), layers.dense({ units: 3 })],
  });
  const start = input({ shape: [6, 5, 2] });
  const whole = model({ inputs: start, outputs: on(head, on(layers.leakyReLU(), on(base, start))) });
  randomise(whole, createRandom(seed));
  return whole;
}

/** Names of random layers of images. */
export function randomLayerNames(random: Random, count: number): readonly string[] {
  const names = Object.keys(IMAGE_LAYERS);
  return Array.from({ length: count }, () => one(random, names));
}

/** Its logits, computed by kernels in JavaScript. */
export const logitsOf = (theirs: LayersModel, inputs: Tensor): Float32Array =>
  tidy(() => (theirs.predict(inputs) as Tensor2D).dataSync<'float32'>());
