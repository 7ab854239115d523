import assert from 'node:assert/strict';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { graphBuilder, type GraphBuilder } from '../../../../../../core/engine/graph/graph-builder.js';
import type { Graph, NodeId } from '../../../../../../core/engine/graph/graph.js';
import { foldScales } from '../../../../../../core/engine/onnx/programs/fold-scales.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import { createRandom } from '../../../../../../core/random.js';
import { interpretGraph } from '../../../../../support/interpret-graph.js';
import { assertNear } from '../../../../../support/near.js';

const SLIDING = {
  strides: [1, 1],
  dilations: [1, 1],
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
} as const;

interface Inputs {
  readonly filters: NodeId;
  readonly scale: NodeId;
  readonly offset: NodeId;
  readonly x: NodeId;
  readonly dy: NodeId;
}

/** A graph of two images; filters, scale and offset are weights. */
function graphOf(build: (builder: GraphBuilder, inputs: Inputs) => readonly NodeId[]): Graph {
  const builder = graphBuilder();
  const input = (name: string, ...shape: readonly number[]) => builder.input(name, { shape, dtype: 'float32' });
  const weights = { filters: input('filters', 3, 3, 2, 4), scale: input('scale', 4), offset: input('offset', 4) };
  return builder.finish(build(builder, { ...weights, x: input('x', 2, 5, 6, 2), dy: input('dy', 2, 5, 6, 4) }));
}

const folded = (graph: Graph, weights = 3): Graph => foldScales(graph, graph.inputs.slice(0, weights));
const count = ({ nodes }: Graph, op: string): number => nodes.filter((node) => node.op === op).length;

/** Normalisation in evaluation mode: (x ∗ W) · s / 2 + offset; and the gradient that comes back through both. */
const normalised = graphOf((builder, { filters, scale, offset, x, dy }) => {
  const factors = builder.add('mul', [scale, builder.fill(0.5, [])], {});
  const convolved = builder.add('conv2d', [x, filters], SLIDING);
  const scaled = builder.add('mul', [convolved, factors], {});
  const back = builder.add('mul', [factors, dy], {});
  const gradient = builder.add('conv2dImageGradient', [back, filters], { ...SLIDING, imageShape: [2, 5, 6, 2] });
  return [builder.add('add', [scaled, offset], {}), gradient];
});

describe('scales of convolutions', () => {
  before(async () => {
    await openEngine('wasm');
  });

  it('become the filters’, once for the convolution and its gradient', () => {
    const graph = folded(normalised);
    // Half the scale, and the filters times that.
    assert.equal(count(graph, 'mul'), 2);
    assert.equal(count(normalised, 'mul'), 3);
    assert.deepEqual(
      graph.inputs.map((id) => graph.nodes[id]!.op),
      new Array(5).fill('input'),
    );
    tidy(() => {
      const random = createRandom(3);
      const inputs = normalised.inputs.map((id) => {
        const { shape } = normalised.nodes[id]!;
        return tensor(random.uniforms(shape.reduce((product, extent) => product * extent, 1)), [...shape]);
      });
      const [before, after] = [normalised, graph].map((each) => interpretGraph(each, inputs));
      before!.forEach((expected, i) => {
        assert.deepEqual(after![i]!.shape, expected.shape);
        assertNear(after![i]!.dataSync(), expected.dataSync(), 2e-6, `output ${i}`);
      });
    });
  });

  it('stay where filters or factors change at every run', () => {
    assert.equal(count(folded(normalised, 0), 'mul'), 3);
    assert.equal(count(folded(normalised, 1), 'mul'), 3);
  });

  it('stay where what is not scaled is used, too', () => {
    const both = graphOf((builder, { filters, scale, x }) => {
      const convolved = builder.add('conv2d', [x, filters], SLIDING);
      return [builder.add('mul', [convolved, scale], {}), convolved];
    });
    const graph = folded(both);
    assert.deepEqual([count(graph, 'mul'), count(graph, 'conv2d')], [1, 1]);
    assert.deepEqual(graph.outputs, both.outputs);
  });

  it('stay where they are of rows, not of channels', () => {
    const other = graphOf((builder, { filters, x, dy }) => {
      const convolved = builder.add('conv2d', [x, filters], SLIDING);
      return [builder.add('mul', [convolved, dy], {})];
    });
    assert.deepEqual(folded(other), other);
  });
});
