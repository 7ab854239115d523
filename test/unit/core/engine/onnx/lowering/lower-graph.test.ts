import assert from 'node:assert/strict';
import { graphBuilder, type GraphBuilder } from '../../../../../../core/engine/graph/graph-builder.js';
import type { Graph, NodeId } from '../../../../../../core/engine/graph/graph.js';
import type { Sliding } from '../../../../../../core/engine/graph/ops/windows.js';
import { lowerGraph } from '../../../../../../core/engine/onnx/lowering/lower-graph.js';
import type { OnnxTensor } from '../../../../../../core/engine/onnx/onnx-model.js';
import { planLayouts } from '../../../../../../core/engine/onnx/lowering/plan-layouts.js';

const sliding = (stride: number, border: number): Sliding => ({
  strides: [stride, stride],
  dilations: [1, 1],
  padding: { top: border, bottom: border, left: border, right: border },
});

const images = (builder: GraphBuilder, name: string, ...shape: number[]) =>
  builder.input(name, { shape, dtype: 'float32' });

/** How often each of some operators is used by a lowered graph. */
function counts(graph: Graph, ...ops: readonly string[]): readonly number[] {
  return countsWith(new Map(), graph, ...ops);
}

/** The same with inputs that are constants. */
function countsWith(
  constants: ReadonlyMap<NodeId, OnnxTensor>,
  graph: Graph,
  ...ops: readonly string[]
): readonly number[] {
  const { nodes } = lowerGraph(graph, { constants }).onnx;
  return ops.map((op) => nodes.filter((node) => node.op === op).length);
}

function graphOf(build: (builder: GraphBuilder) => readonly NodeId[]): Graph {
  const builder = graphBuilder();
  return builder.finish(build(builder));
}

describe('layouts', () => {
  it('are channels-first from a convolution on, through what is done to each element and channel', () => {
    const builder = graphBuilder();
    const x = images(builder, 'x', 2, 8, 8, 16);
    const w = images(builder, 'w', 3, 3, 16, 16);
    const scale = images(builder, 'scale', 16);
    const first = builder.add('conv2d', [x, w], sliding(1, 1));
    const scaled = builder.add('mul', [first, scale], {});
    const sum = builder.add('add', [scaled, x], {});
    const mean = builder.add('mean', [sum], { axes: [1, 2], keepDims: true });
    const flat = builder.add('reshape', [sum], { shape: [2, 1024] });
    const layouts = planLayouts(builder.finish([flat, mean]));
    assert.deepEqual(
      [x, first, scaled, sum, mean, flat].map((id) => layouts[id]),
      ['channels-last', 'channels-first', 'channels-first', 'channels-first', 'channels-first', 'channels-last'],
    );
  });

  it('stay those of the input where there are few channels', () => {
    const builder = graphBuilder();
    const x = images(builder, 'x', 2, 8, 8, 3);
    const w = images(builder, 'w', 3, 3, 3, 3);
    const y = builder.add('conv2d', [x, w], sliding(1, 1));
    const sum = builder.add('add', [y, x], {});
    assert.equal(planLayouts(builder.finish([sum]))[sum], 'channels-last');
  });

  it('transpose between two convolutions nothing but their filters', () => {
    const graph = graphOf((builder) => {
      const x = images(builder, 'x', 2, 8, 8, 1);
      const y = builder.add('conv2d', [x, images(builder, 'w', 3, 3, 1, 16)], sliding(1, 1));
      const z = builder.add('relu', [builder.add('mul', [y, images(builder, 'scale', 16)], {})], {});
      return [builder.add('conv2d', [z, images(builder, 'v', 3, 3, 16, 1)], sliding(1, 1))];
    });
    // One channel is in the same order in both layouts: of its filters and images only the shape changes.
    assert.deepEqual(counts(graph, 'Transpose', 'Conv'), [2, 2]);
  });
});

describe('blocks of channels', () => {
  /** A convolution to some channels, what is done to each of their elements, and another convolution. */
  const graphWith = (channels: number) =>
    graphOf((builder) => {
      const x = images(builder, 'x', 2, 8, 8, 1);
      const y = builder.add('conv2d', [x, images(builder, 'w', 3, 3, 1, channels)], sliding(1, 1));
      const z = builder.add('relu', [builder.add('mul', [y, images(builder, 'scale', channels)], {})], {});
      return [builder.add('conv2d', [z, images(builder, 'v', 3, 3, channels, 8)], sliding(1, 1))];
    });
  const nodesOf = (graph: Graph, block?: number) =>
    lowerGraph(graph, { block }).onnx.nodes.map(({ op, domain }) => (domain === undefined ? op : `${domain} ${op}`));
  const own = (op: string) => `com.microsoft.nchwc ${op}`;

  it('are what convolutions and all between them are computed in', () => {
    const nodes = nodesOf(graphWith(16), 8);
    // The factors of each channel are a convolution, too.
    assert.equal(nodes.filter((node) => node === own('Conv')).length, 3);
    assert.deepEqual(
      nodes.filter((node) => node === 'Conv' || node === own('ReorderInput')),
      [],
    );
    // The result alone is needed in another layout.
    assert.equal(nodes.filter((node) => node === own('ReorderOutput')).length, 1);
  });

  it('are filled up where at least half of them is used', () => {
    assert.equal(nodesOf(graphWith(8), 16).filter((node) => node === own('Conv')).length, 2);
    assert.equal(nodesOf(graphWith(7), 16).filter((node) => node === own('Conv')).length, 1);
  });

  it('are no part of what any runtime is to read', () => {
    const { nodes } = lowerGraph(graphWith(16)).onnx;
    assert.deepEqual(new Set(nodes.map(({ domain }) => domain)), new Set([undefined]));
  });
});

describe('fusions', () => {
  it('add a bias in the convolution or product, unless that is used by itself, too', () => {
    const biased = (alone: boolean) =>
      graphOf((builder) => {
        const y = builder.add(
          'conv2d',
          [images(builder, 'x', 2, 8, 8, 1), images(builder, 'w', 3, 3, 1, 4)],
          sliding(1, 1),
        );
        const z = builder.add('matMul', [images(builder, 'a', 2, 3), images(builder, 'b', 3, 4)], {
          transposeA: false,
          transposeB: false,
        });
        const bias = images(builder, 'bias', 4);
        return [builder.add('add', [y, bias], {}), builder.add('add', [bias, z], {}), ...(alone ? [] : [y, z])];
      });
    assert.deepEqual(counts(biased(true), 'Add', 'Conv', 'Gemm'), [0, 1, 1]);
    assert.deepEqual(counts(biased(false), 'Add', 'Conv', 'Gemm'), [2, 1, 1]);
  });

  it('take the gradient of relu as a product, and other choices as they are', () => {
    const chosen = (bound: number, rectified: boolean) =>
      graphOf((builder) => {
        const [x, dy] = [images(builder, 'x', 3), images(builder, 'dy', 3)];
        const isPositive = builder.add('greater', [x, builder.fill(bound, [])], {});
        const gradient = builder.add('select', [isPositive, dy, builder.fill(0, [])], {});
        return [gradient, ...(rectified ? [builder.add('relu', [x], {})] : [])];
      });
    assert.deepEqual(counts(chosen(0, true), 'Where', 'Mul'), [0, 1]);
    assert.deepEqual(counts(chosen(0, false), 'Where', 'Mul'), [1, 0]);
    assert.deepEqual(counts(chosen(1, true), 'Where', 'Mul'), [1, 0]);
  });

  /** A convolution of so many channels, its maxima, and the gradient in the images. */
  const pooled = (channels: number, stride: number, alsoPooledGradient = false) =>
    graphOf((builder) => {
      const x = images(builder, 'x', 2, 8, 8, channels);
      const w = images(builder, 'w', 5, 5, channels, 4);
      const y = builder.add('conv2d', [x, w], sliding(stride, 2));
      const pool = { ...sliding(2, 0), size: [2, 2] as const };
      const maxima = builder.add('maxPool', [y], pool);
      const back = builder.add('maxPoolGradient', [maxima, y, maxima], pool);
      const gradient = builder.add('conv2dImageGradient', [back, w], {
        ...sliding(stride, 2),
        imageShape: [2, 8, 8, channels],
      });
      return [gradient, ...(alsoPooledGradient ? [back] : [])];
    });

  it('compute a pooled first layer by the places of the window', () => {
    assert.deepEqual(counts(pooled(1, 1), 'Conv', 'MaxPool', 'MaxUnpool', 'Max', 'Col2Im'), [4, 0, 0, 3, 1]);
  });

  it('leave a pooled convolution of many channels, with strides or with other uses as it is', () => {
    const ops = ['Conv', 'MaxPool', 'MaxUnpool', 'Max', 'Col2Im'] as const;
    assert.deepEqual(counts(pooled(16, 1), ...ops), [2, 1, 1, 0, 0]);
    assert.deepEqual(counts(pooled(1, 2), ...ops), [1, 1, 1, 0, 1]);
    assert.deepEqual(counts(pooled(1, 1, true), ...ops), [1, 1, 1, 0, 1]);
  });

  it('compute any pooled convolution of constant filters by the places of the window', () => {
    const filters = (channels: number): ReadonlyMap<NodeId, OnnxTensor> =>
      new Map([[1, { type: 'float32', shape: [5, 5, channels, 4], data: new Float32Array(100 * channels) }]]);
    const ops = ['Conv', 'MaxPool', 'MaxUnpool', 'Max', 'Col2Im'] as const;
    // The gradient in images of many channels is a convolution, too.
    assert.deepEqual(countsWith(filters(16), pooled(16, 1), ...ops), [5, 0, 1, 3, 0]);
    assert.deepEqual(countsWith(filters(1), pooled(1, 1, true), ...ops), [4, 0, 1, 3, 1]);
  });
});

describe('lowering', () => {
  it('states only what the outputs need, and inputs only where they are read', () => {
    const graph = graphOf((builder) => {
      const [x, y] = [images(builder, 'x', 3), images(builder, 'y', 3)];
      builder.add('exp', [y], {});
      return [builder.add('neg', [x], {})];
    });
    const { onnx, inputs } = lowerGraph(graph);
    assert.deepEqual(
      onnx.nodes.map(({ op }) => op),
      ['Neg'],
    );
    assert.deepEqual([...inputs.keys()], [0]);
  });

  it('goes as deep as a graph is', () => {
    const graph = graphOf((builder) => {
      let x = images(builder, 'x', 3);
      for (let i = 0; i < 20_000; i++) x = builder.add('neg', [x], {});
      return [x];
    });
    assert.deepEqual(counts(graph, 'Neg'), [20_000]);
  });
});
