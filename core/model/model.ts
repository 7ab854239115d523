import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { DomainError, invalidInput } from '../errors.js';
import type { TensorMap } from '../engine/engine.js';
import { ALONE, type World } from '../engine/world/world.js';
import type { Architecture, Layer } from './architecture.js';
import type { LayerContext, LayerPlan, WeightSpec } from './layers/layer-kind.js';
import { kindOf } from './layers/layer-kinds.js';

/** Names and shapes of weights, in the order in which layers use them. */
export type WeightShapes = Readonly<Record<string, readonly number[]>>;

/** A network as data and one pure function. */
export interface Model {
  readonly architecture: Architecture;
  /** What training changes by gradients: `conv1.kernel`, `conv1.bias`, … */
  readonly parameters: WeightShapes;
  /** What training changes by averaging: running means and variances. Empty without batch normalisation. */
  readonly statistics: WeightShapes;
  /**
   * Pure: inputs [n, h, w, c] → logits [n, classes].
   *
   * @param training use the statistics of this batch, and return moved running ones
   * @param world in training, the processes whose inputs are one batch together, as many of each; default: this process alone
   * @returns logits, and the statistics (the given tensors themselves where nothing moved)
   */
  apply(
    parameters: TensorMap,
    statistics: TensorMap,
    inputs: Tensor4D,
    training: boolean,
    world?: World,
  ): { readonly logits: Tensor2D; readonly statistics: TensorMap };
}

/** A layer, and what it makes of the shape that the layers before it leave. */
export interface PlannedLayer extends LayerPlan {
  readonly layer: Layer;
  readonly inputShape: readonly number[];
}

/** The model of an architecture. @throws invalid-input if its layers do not fit each other, its input or its classes */
export function buildModel(architecture: Architecture): Model {
  const specs = weightSpecs(architecture);
  const layers = poolingFirst(architecture.layers);
  const shapesOf = (role: WeightSpec['role']): WeightShapes =>
    Object.fromEntries(
      Object.entries(specs).flatMap(([name, spec]) => (spec.role === role ? [[name, spec.shape] as const] : [])),
    );
  return {
    architecture,
    parameters: shapesOf('parameter'),
    statistics: shapesOf('statistic'),
    apply: (parameters, statistics, inputs, training, world = ALONE) => {
      const moved: Record<string, Tensor> = {};
      const context: LayerContext = {
        training,
        world,
        weight: (name) => weightOf(parameters[name] ?? statistics[name], name),
        moveStatistic: (name, value) => {
          moved[name] = value;
        },
      };
      let values: Tensor = inputs;
      for (const layer of layers) values = kindOf(layer).apply(layer, values, context);
      return { logits: values as Tensor2D, statistics: training ? { ...statistics, ...moved } : statistics };
    },
  };
}

/**
 * The layers with max pooling before the relu that it follows. Both orders give the same values and the same gradients, since relu is
 * monotone and passes nothing where a window has nothing positive; but this one has a quarter of the values to clip and to differentiate.
 */
function poolingFirst(layers: readonly Layer[]): readonly Layer[] {
  const ordered = [...layers];
  layers.forEach((layer, index) => {
    const next = layers[index + 1];
    if (layer.kind === 'relu' && next?.kind === 'maxPool') [ordered[index], ordered[index + 1]] = [next, layer];
  });
  return ordered;
}

/** The layers of an architecture with their shapes. @throws invalid-input if they do not fit each other, its input or its classes */
export function planLayers(architecture: Architecture): readonly PlannedLayer[] {
  let inputShape: readonly number[] = architecture.inputShape;
  const planned: PlannedLayer[] = [];
  for (const layer of architecture.layers) {
    const plan = kindOf(layer).plan(layer, inputShape);
    planned.push({ layer, inputShape, ...plan });
    inputShape = plan.outputShape;
  }
  if (inputShape.length !== 1 || inputShape[0] !== architecture.classes) {
    const expected = `to end in ${architecture.classes} logits`;
    throw invalidInput('architecture: layers', expected, `[${inputShape.join(', ')}]`);
  }
  return planned;
}

/** Every weight of an architecture, by name, in the order in which layers use them. @throws invalid-input */
export function weightSpecs(architecture: Architecture): Readonly<Record<string, WeightSpec>> {
  const specs: Record<string, WeightSpec> = {};
  for (const { weights } of planLayers(architecture)) {
    for (const [name, spec] of Object.entries(weights)) {
      if (name in specs) throw invalidInput('architecture: layers', 'a name of its own for each', `${name} twice`);
      specs[name] = spec;
    }
  }
  return specs;
}

function weightOf(value: Tensor | undefined, name: string): Tensor {
  if (value === undefined) throw new DomainError('internal', `weights: expected ${name}, got none of that name`);
  return value;
}
