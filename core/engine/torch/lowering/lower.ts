import { nodeAt, type Graph, type NodeId, type NodeOf } from '../../graph/graph.js';
import { biased } from '../fusions/biased.js';
import { pooledConvolution } from '../fusions/pooled-convolution.js';
import { rectifierGradient } from '../fusions/rectifier-gradient.js';
import type { Slot, StepAttributes, TorchConstant, TorchProgram, TorchStep } from '../torch-program.js';
import { ARRANGEMENT } from './arrangement.js';
import { COLLECTIVES } from './collectives.js';
import { CONVOLUTIONS } from './convolutions.js';
import { ELEMENTWISE } from './elementwise.js';
import type { Emitter, Fusion, Fusions, LoweredOp, Lowering, Lowerings, Target } from './lowering.js';
import { POOLING } from './pooling.js';
import { PRODUCTS } from './products.js';
import { REDUCTIONS } from './reductions.js';
import { withoutUnused } from './without-unused.js';

/** How each operation is said in instructions. */
const LOWERINGS: Lowerings<LoweredOp> = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...ARRANGEMENT,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...POOLING,
  ...COLLECTIVES,
};

/** What is tried before, in this order. */
const FUSIONS: readonly Fusions[] = [pooledConvolution, biased, rectifierGradient];

/**
 * Says a graph in the addon's instructions.
 *
 * @param lasting for each input of the graph, whether it is likely to be the same tensor in the next call
 */
export function lowerToTorch(graph: Graph, lasting: readonly boolean[], target: Target): TorchProgram {
  const slots = new Map<NodeId, Slot>();
  const constants: TorchConstant[] = [];
  const steps: TorchStep[] = [];
  const written = new Map<string, readonly Slot[]>();
  const users = usersIn(graph);
  let count = 0;
  const slotOf = (id: NodeId): Slot => {
    const slot = slots.get(id);
    if (slot === undefined) throw new RangeError(`graph: %${id} is used before it stands`);
    return slot;
  };
  const stepsOf: Emitter['steps'] = (instruction, operands, attributes, resultCount) => {
    const key = keyOf(instruction, operands, attributes);
    const known = written.get(key);
    if (known !== undefined) return known;
    const results = Array.from({ length: resultCount }, () => count++);
    steps.push({ instruction, attributes, operands, results });
    written.set(key, results);
    return results;
  };
  const emitter: Emitter = {
    target,
    slotOf,
    operands: ({ inputs }) => inputs.map(slotOf),
    nodeOf: (id) => nodeAt(graph, id),
    usersOf: (id) => users[id] ?? [],
    step: (instruction, operands, attributes = {}) => stepsOf(instruction, operands, attributes, 1)[0] as Slot,
    steps: stepsOf,
  };
  graph.nodes.forEach((node, id) => {
    if (node.op === 'input') slots.set(id, count++);
    else if (node.op === 'constant') {
      constants.push({ slot: count, values: node.attrs.values, shape: node.shape, dtype: node.dtype });
      slots.set(id, count++);
    } else slots.set(id, lowerNode(node as NodeOf<LoweredOp>, emitter));
  });
  return withoutUnused({
    slots: count,
    inputs: graph.inputs.map(slotOf),
    lasting,
    constants,
    steps,
    outputs: graph.outputs.map(slotOf),
  });
}

function lowerNode<K extends LoweredOp>(node: NodeOf<K>, emitter: Emitter): Slot {
  for (const fusions of FUSIONS) {
    const fusion: Fusion<K> | undefined = fusions[node.op];
    const fused = fusion?.(node, emitter);
    if (fused !== undefined) return fused;
  }
  const lowering: Lowering<K> = LOWERINGS[node.op];
  return lowering(node, emitter);
}

function usersIn(graph: Graph): readonly (NodeId | undefined)[][] {
  const users = graph.nodes.map((): (NodeId | undefined)[] => []);
  graph.nodes.forEach(({ inputs }, id) => {
    for (const input of inputs) users[input]?.push(id);
  });
  for (const output of graph.outputs) users[output]?.push(undefined);
  return users;
}

const keyOf = (instruction: string, operands: readonly Slot[], attributes: StepAttributes): string =>
  JSON.stringify([instruction, operands, attributes]);
