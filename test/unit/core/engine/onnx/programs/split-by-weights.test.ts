import assert from 'node:assert/strict';
import { encodeModel } from '../../../../../../core/engine/onnx/encode-model.js';
import type {
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  OnnxUntypedGraph,
} from '../../../../../../core/engine/onnx/onnx-model.js';
import { openSession, type OnnxBuffer } from '../../../../../../core/engine/onnx/onnx-session.js';
import { splitByWeights } from '../../../../../../core/engine/onnx/programs/split-by-weights.js';

const integers = (...values: readonly number[]): OnnxTensor => ({
  ...{ type: 'int64', shape: [values.length] },
  data: BigInt64Array.from(values, BigInt),
});
const floats = (shape: readonly number[], ...values: readonly number[]): OnnxBuffer & OnnxTensor => ({
  ...{ type: 'float32', shape },
  data: Float32Array.from(values),
});
const reshape = (from: string, extents: string, to: string): OnnxNode => ({
  ...{ op: 'Reshape', inputs: [from, extents], outputs: [to] },
});

/** Of the weights w [2, 3] and the input x [3]: x times the columns of w, turned around, and twice the sum of w. */
const GRAPH: OnnxGraph = {
  name: 'test',
  inputs: [
    { name: 'w', type: 'float32', shape: [2, 3] },
    { name: 'x', type: 'float32', shape: [3] },
  ],
  outputs: [
    { name: 'z', type: 'float32', shape: [3, 1, 2] },
    { name: 'total', type: 'float32', shape: [1] },
    { name: 'flat', type: 'float32', shape: [6] },
  ],
  initializers: new Map<string, OnnxTensor>([
    ['apart', integers(2, 1, 3)],
    ['together', integers(3, 1, 2)],
    ['column', integers(3, 1, 1)],
    ['line', integers(6)],
    ['one', integers(1)],
    ['two', floats([1], 2)],
  ]),
  nodes: [
    reshape('w', 'apart', 'w apart'),
    { op: 'Transpose', inputs: ['w apart'], outputs: ['turned'], attributes: { perm: { ints: [2, 1, 0] } } },
    reshape('turned', 'together', 'turned together'),
    reshape('x', 'column', 'x column'),
    { op: 'Mul', inputs: ['turned together', 'x column'], outputs: ['z'] },
    { op: 'Identity', inputs: ['two'], outputs: ['twice'] },
    { op: 'ReduceSum', inputs: ['w'], outputs: ['sum'], attributes: { keepdims: { int: 0 } } },
    reshape('sum', 'one', 'sum line'),
    { op: 'Mul', inputs: ['sum line', 'twice'], outputs: ['total'] },
    reshape('w', 'line', 'flat'),
  ],
};

/** The names of what a graph reads. */
const fedTo = ({ inputs }: OnnxUntypedGraph) => inputs.map(({ name }) => name).sort();
const opsOf = ({ nodes }: OnnxUntypedGraph) => nodes.map(({ op }) => op).sort();

describe('splitting a graph by its weights', () => {
  it('computes in two parts what the whole computes', () => {
    const { preparation, rest, views } = splitByWeights(GRAPH, new Set(['w']));
    const feeds: Record<string, OnnxBuffer> = { w: floats([2, 3], 1, 2, 3, 4, 5, 6), x: floats([3], 1, 10, 100) };
    const run = (graph: OnnxUntypedGraph): void => {
      const session = openSession(encodeModel({ graph }));
      const inputs = graph.inputs.map(({ name, shape }) => {
        const fed = feeds[views.get(name)?.of ?? name]!;
        return [name, { ...fed, shape: shape.map(Number) }] as const;
      });
      const names = graph.outputs.map(({ name }) => name);
      Object.assign(feeds, session.compute(Object.fromEntries(inputs), names));
      session.dispose();
    };
    run(preparation);
    const given = preparation.outputs.map(({ name }) => ({ name, ...feeds[name]! }));
    run(rest(given));
    const valuesOf = (name: string) => Array.from(feeds[name]!.data as Float32Array);
    assert.deepEqual(valuesOf('z'), [1, 4, 20, 50, 300, 600]);
    assert.deepEqual(valuesOf('total'), [42]);
    assert.deepEqual(valuesOf('flat'), [1, 2, 3, 4, 5, 6]);
  });

  it('feeds in another shape what would be reshaped first or last', () => {
    const { preparation, rest } = splitByWeights(GRAPH, new Set(['w']));
    assert.deepEqual(opsOf(preparation), ['ReduceSum', 'Transpose']);
    assert.deepEqual(fedTo(preparation), ['w', 'w apart']);
    const given = preparation.outputs.map(({ name }) => ({ name, type: 'float32' as const, shape: [] }));
    assert.deepEqual(
      given.map(({ name }) => name),
      ['turned', 'sum'],
    );
    assert.deepEqual(fedTo(rest(given)), ['sum line', 'turned together', 'w', 'x']);
    // The reshapes of x and of what is itself a result, and both products.
    assert.deepEqual(opsOf(rest(given)), ['Identity', 'Mul', 'Mul', 'Reshape', 'Reshape']);
  });

  it('prepares nothing where there are no weights', () => {
    const { preparation, rest } = splitByWeights(GRAPH, new Set());
    assert.deepEqual(preparation.outputs, []);
    assert.deepEqual(opsOf(rest([])), opsOf(GRAPH));
    assert.deepEqual(fedTo(rest([])), ['w', 'x']);
  });
});
