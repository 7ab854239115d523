import assert from 'node:assert/strict';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { graphBuilder, type GraphBuilder } from '../../../../../../core/engine/graph/graph-builder.js';
import type { Graph, NodeId } from '../../../../../../core/engine/graph/graph.js';
import { lowerGraph } from '../../../../../../core/engine/onnx/lowering/lower-graph.js';
import { onnxRuntime } from '../../../../../../core/engine/onnx/onnx-runtime.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import { createRandom } from '../../../../../../core/random.js';
import { interpretGraph } from '../../../../../support/interpret-graph.js';
import { assertNear } from '../../../../../support/near.js';

const SLIDING = {
  strides: [1, 1],
  dilations: [1, 1],
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
} as const;

type Build = (builder: GraphBuilder, images: NodeId, vector: NodeId, other: NodeId) => NodeId;

/** What is done to the results of a convolution with 32 channels, between it and another; the vectors are [32] and [1, 1, 1, 32]. */
function graphOf(build: Build): Graph {
  const builder = graphBuilder();
  const input = (...shape: readonly number[]) => builder.input(shape.join(), { shape, dtype: 'float32' });
  const convolved = builder.add('conv2d', [input(3, 6, 5, 16), input(3, 3, 16, 32)], SLIDING);
  const between = build(builder, convolved, input(32), input(1, 1, 1, 32));
  return builder.finish([builder.add('conv2d', [between, input(3, 3, 32, 16)], SLIDING)]);
}

const add = (op: 'mul' | 'add' | 'sub', builder: GraphBuilder, a: NodeId, b: NodeId) => builder.add(op, [a, b], {});

/** How many convolutions in blocks there are, and how many products, sums and differences besides. */
const CASES: readonly { readonly name: string; readonly build: Build; readonly left: readonly [number, number] }[] = [
  { name: 'a product', build: (b, images, v) => add('mul', b, v, images), left: [3, 0] },
  { name: 'a sum', build: (b, images, _, other) => add('add', b, images, other), left: [3, 0] },
  { name: 'a difference', build: (b, images, v) => add('sub', b, images, v), left: [3, 0] },
  { name: 'what is subtracted from', build: (b, images, v) => add('sub', b, v, images), left: [2, 1] },
  { name: 'both', build: (b, images, v, other) => add('add', b, other, add('mul', b, images, v)), left: [3, 0] },
  { name: 'both, subtracting', build: (b, images, v, o) => add('sub', b, add('mul', b, images, o), v), left: [3, 0] },
  {
    name: 'a sum before a product',
    build: (b, images, v, o) => add('mul', b, add('sub', b, images, o), v),
    left: [4, 0],
  },
  {
    name: 'a product that something else uses',
    build: (b, images, v, o) => {
      const product = add('mul', b, images, v);
      return add('add', b, add('add', b, product, o), product);
    },
    left: [4, 1],
  },
  { name: 'no vector', build: (b, images) => add('mul', b, images, images), left: [2, 1] },
];

describe('factors of channels in blocks', () => {
  before(async () => {
    await openEngine('wasm');
  });

  for (const { name, build, left } of CASES)
    it(`${name}: is what it is anywhere`, () => {
      // A bias of the convolution before would take the sum.
      const graph = graphOf((builder, images, v, o) => build(builder, builder.add('relu', [images], {}), v, o));
      const random = createRandom(5);
      const values = graph.inputs.map((id) => {
        const { shape } = graph.nodes[id]!;
        return random.uniforms(shape.reduce((product, extent) => product * extent, 1)).map((value) => value - 0.5);
      });
      const program = onnxRuntime().load(graph, { weights: 0, runsPerWeights: 1 });
      const [actual] = program.run(values);
      program.dispose();
      tidy(() => {
        const tensors = graph.inputs.map((id, i) => tensor(values[i]!, [...graph.nodes[id]!.shape]));
        assertNear(actual!, interpretGraph(graph, tensors)[0]!.dataSync(), 2e-5, name);
      });
      const ops = lowerGraph(graph, { block: 16 }).onnx.nodes.map(({ op }) => op);
      const count = (...names: readonly string[]) => ops.filter((op) => names.includes(op)).length;
      assert.deepEqual([count('Conv'), count('Mul', 'Add', 'Sub')], left);
    });
});
