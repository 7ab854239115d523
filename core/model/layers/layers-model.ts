import type { Tensor } from '@tensorflow/tfjs-core';
import { DomainError, invalidInput } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import type { KerasNode, LayerOf } from '../architecture.js';
import type { KerasContext, KerasPlan, Refuse, Shape } from '../keras/keras-layer.js';
import { kerasLayer } from '../keras/keras-layers.js';
import { INPUT } from '../keras/node-input.js';
import { layerNamed } from '../keras/read-nodes.js';
import type { LayerContext, LayerKind } from './layer-kind.js';

/** What an example may become on its way, in values: 256 MiB of float32. */
const MAX_VALUES = 2 ** 26;
/** The weights of a layer, in values: 1 GiB. */
const MAX_WEIGHTS = 2 ** 28;

/** A graph of Keras' layers as one layer: each knows its own mathematics (keras/layers/), here they are joined. */
export const layersModelKind: LayerKind<LayerOf<'layersModel'>> = {
  fields: { nodes: 'nodes' },
  plan: ({ nodes }, inputShape) => {
    const plans = planNodes(nodes, inputShape);
    const weights = plans.flatMap(({ node, plan }) =>
      node.weightsOf === undefined
        ? Object.entries(plan.weights).map(([weight, spec]) => [`${node.name}.${weight}`, spec] as const)
        : [],
    );
    return { outputShape: plans.at(-1)?.plan.outputShape ?? inputShape, weights: Object.fromEntries(weights) };
  },
  apply: ({ nodes }, values, context) => {
    const known = new Map<string, Tensor>([[INPUT, values]]);
    let last = values;
    for (const node of nodes) {
      last = layerOf(node).apply(
        node.config,
        node.inputs.map((input) => of(known, input)),
        contextOf(node, context),
      );
      known.set(node.name, last);
    }
    return last;
  },
  addTo: (graph, { nodes }, input, inputShape) => {
    const names = new Map([[INPUT, input]]);
    let last = input;
    for (const { node, plan } of planNodes(nodes, inputShape)) {
      const weights = Object.entries(plan.weights).map(
        ([weight, { shape }]) => [weight, { from: `${weightsOwner(node)}.${weight}`, shape }] as const,
      );
      const inputs = node.inputs.map((each) => of(names, each));
      last = graph.add(node.className, node.name, node.config, inputs, Object.fromEntries(weights));
      names.set(node.name, last);
    }
    return last;
  },
};

interface PlannedNode {
  readonly node: KerasNode;
  readonly plan: KerasPlan;
}

function planNodes(nodes: readonly KerasNode[], inputShape: Shape): readonly PlannedNode[] {
  const shapes = new Map<string, Shape>([[INPUT, inputShape]]);
  const planned = nodes.map((node) => {
    const refuse = refuseOf(node);
    const plan = layerOf(node).plan(
      node.config,
      node.inputs.map((input) => of(shapes, input)),
      refuse,
    );
    const values = sizeOf(plan.outputShape);
    if (values > MAX_VALUES) refuse('', `at most ${MAX_VALUES} values an example`, `${values}`);
    const weights = Object.values(plan.weights).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (weights > MAX_WEIGHTS) refuse('', `at most ${MAX_WEIGHTS} values of weights`, `${weights}`);
    shapes.set(node.name, plan.outputShape);
    return { node, plan };
  });
  checkShared(planned);
  return planned;
}

/** @throws invalid-input where a use of a layer needs other weights than the one that has them, or moves statistics twice in a step */
function checkShared(planned: readonly PlannedNode[]): void {
  const weights = new Map(planned.map(({ node, plan }) => [node.name, plan.weights]));
  const shapesOf = (specs: KerasPlan['weights']): string =>
    Object.entries(specs)
      .map(([name, { shape }]) => `${name} [${shape.join(', ')}]`)
      .join(', ');
  for (const { node, plan } of planned) {
    if (node.weightsOf === undefined) continue;
    const refuse = refuseOf(node);
    const [expected, got] = [of(weights, node.weightsOf), plan.weights].map(shapesOf);
    if (expected !== got) refuse('', `the weights of ${node.weightsOf}: ${expected ?? ''}`, got ?? '');
    if (Object.values(plan.weights).some(({ role }) => role === 'statistic'))
      refuse('', 'a layer with running statistics to be used once', 'another use');
  }
}

const refuseOf =
  ({ name, className }: KerasNode): Refuse =>
  (what, expected, got) => {
    const at = layerNamed(name, className);
    throw invalidInput(what === '' ? at : `${at}: ${what}`, expected, got);
  };

const weightsOwner = ({ name, weightsOf }: KerasNode): string => weightsOf ?? name;

const contextOf = (node: KerasNode, context: LayerContext): KerasContext => ({
  training: context.training,
  world: context.world,
  weight: (own) => context.weight(`${weightsOwner(node)}.${own}`),
  moveStatistic: (own, value) => {
    context.moveStatistic(`${weightsOwner(node)}.${own}`, value);
  },
});

function layerOf(node: KerasNode) {
  const layer = kerasLayer(node.className);
  if (layer === undefined) throw new DomainError('internal', `architecture: ${node.className}: expected a known layer`);
  return layer;
}

function of<T>(known: ReadonlyMap<string, T>, name: string): T {
  const value = known.get(name);
  if (value === undefined)
    throw new DomainError('internal', `architecture: ${name}: expected a layer before, got none`);
  return value;
}
