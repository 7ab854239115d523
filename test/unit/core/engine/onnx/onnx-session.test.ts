import assert from 'node:assert/strict';
import { encodeModel } from '../../../../../core/engine/onnx/encode-model.js';
import { openSession, type OnnxBuffer } from '../../../../../core/engine/onnx/onnx-session.js';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../../../../core/engine/onnx/onnx-model.js';
import { markedAsWritten } from '../../../../../core/engine/onnx/outputs-in-place.js';
import { openPublicly } from '../../../../support/public-onnx.js';

const floats = (shape: readonly number[], ...values: readonly number[]): OnnxTensor & OnnxBuffer => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** A graph of float32 vectors of two, from x and y to z. */
function graphOf(nodes: readonly OnnxNode[], initializers: Readonly<Record<string, OnnxTensor>> = {}): OnnxGraph {
  const vector = (name: string) => ({ name, type: 'float32' as const, shape: [2] });
  return {
    name: 'test',
    inputs: [vector('x'), vector('y')],
    outputs: [vector('z')],
    initializers: new Map(Object.entries(initializers)),
    nodes,
  };
}

/** z for x = [1, 2] and y = [10, 20]. */
function run(graph: OnnxGraph): readonly number[] {
  const session = openSession(encodeModel({ graph }));
  const z = floats([2], 0, 0);
  session.run({ x: floats([2], 1, 2), y: floats([2], 10, 20) }, { z });
  session.dispose();
  return Array.from(z.data as Float32Array);
}

const add: OnnxNode = { op: 'Add', inputs: ['x', 'y'], outputs: ['z'] };

describe('onnx session', () => {
  it('runs a node and writes its output in place', () => {
    assert.deepEqual(run(graphOf([add])), [11, 22]);
  });

  it('reads constants and attributes of every kind that is written', () => {
    const halves: OnnxTensor = { type: 'float32', shape: [2], data: Float32Array.of(0.5, 0.25) };
    const axes: OnnxTensor = { type: 'int64', shape: [1], data: BigInt64Array.of(0n) };
    const graph = graphOf(
      [
        { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value: { tensor: halves } } },
        { op: 'Constant', inputs: [], outputs: ['f'], attributes: { value_floats: { floats: [1, -1] } } },
        { op: 'Constant', inputs: [], outputs: ['i'], attributes: { value_ints: { ints: [-3, 4] } } },
        { op: 'Constant', inputs: [], outputs: ['flag'], attributes: { value_int: { int: 1 } } },
        { op: 'Cast', inputs: ['i'], outputs: ['j'], attributes: { to: { int: 1 } } },
        { op: 'Mul', inputs: ['c', 'f'], outputs: ['cf'] },
        { op: 'Add', inputs: ['cf', 'j'], outputs: ['sum'] },
        { op: 'LeakyRelu', inputs: ['sum'], outputs: ['leaky'], attributes: { alpha: { float: 0.5 } } },
        { op: 'ReduceSum', inputs: ['x', 'axes'], outputs: ['total'], attributes: { keepdims: { int: 1 } } },
        { op: 'Mul', inputs: ['leaky', 'total'], outputs: ['scaled'] },
        { op: 'Cast', inputs: ['flag'], outputs: ['condition'], attributes: { to: { int: 9 } } },
        {
          op: 'If',
          inputs: ['condition'],
          outputs: ['z'],
          attributes: { then_branch: { graph: branch('scaled') }, else_branch: { graph: branch('x') } },
        },
      ],
      { axes },
    );
    // (0.5 · 1 − 3, 0.25 · −1 + 4) = (−2.5, 3.75); leaky: (−1.25, 3.75); times 1 + 2.
    assert.deepEqual(run(graph), [-3.75, 11.25]);
  });

  it('writes outputs in place of a model that is marked, and in new memory where that is asked for', async () => {
    const session = openSession(encodeModel({ graph: markedAsWritten(graphOf([add])) }));
    const [z, again] = [floats([2], 0, 0), floats([2], 0, 0)];
    session.run({ x: floats([2], 1, 2), y: floats([2], 10, 20) }, { z });
    session.run({ x: floats([2], 3, 4), y: floats([2], 10, 20) }, { z: again });
    assert.deepEqual(
      [z, again].map(({ data }) => Array.from(data as Float32Array)),
      [
        [11, 22],
        [13, 24],
      ],
    );
    const computed = session.compute({ x: floats([2], 1, 2), y: floats([2], 10, 20) }, ['z']);
    assert.deepEqual(computed, { z: floats([2], 11, 22) });
    assert.throws(() => {
      session.run({ x: floats([3], 1, 2, 3), y: floats([2], 10, 20) }, { z });
    }, /engine onnx: a run: .* x /s);
    session.dispose();
    // Whoever else runs a model in this process reads its results as ever.
    const other = await openPublicly(encodeModel({ graph: graphOf([add]) }));
    const results = await other.run({
      x: ['float32', Float32Array.of(1, 2), [2]],
      y: ['float32', Float32Array.of(10, 20), [2]],
    });
    assert.deepEqual(Array.from(results['z'] ?? []), [11, 22]);
    await other.close();
  });

  it('takes dimensions that are known when it runs, bool and int32', () => {
    const graph: OnnxGraph = {
      name: 'symbolic',
      inputs: [{ name: 'i', type: 'int32', shape: ['n', 2] }],
      outputs: [{ name: 'positive', type: 'bool', shape: ['n', 2] }],
      initializers: new Map([['zero', { type: 'int32', shape: [], data: Int32Array.of(0) }]]),
      nodes: [{ op: 'Greater', inputs: ['i', 'zero'], outputs: ['positive'] }],
    };
    const session = openSession(encodeModel({ graph }));
    for (const n of [1, 3]) {
      const data = Int32Array.from({ length: 2 * n }, (_, index) => index - 2);
      const positive: OnnxBuffer = { type: 'bool', shape: [n, 2], data: new Uint8Array(2 * n) };
      session.run({ i: { type: 'int32', shape: [n, 2], data } }, { positive });
      assert.deepEqual(
        Array.from(positive.data as Uint8Array),
        Array.from(data, Number).map((value) => +(value > 0)),
      );
    }
    session.dispose();
  });

  it('does not need the bytes after loading', () => {
    const bytes = encodeModel({ graph: graphOf([{ ...add, inputs: ['x', 'c'] }], { c: floats([2], 5, 6) }) });
    const session = openSession(bytes);
    bytes.fill(0);
    const z = floats([2], 0, 0);
    session.run({ x: floats([2], 1, 2), y: floats([2], 0, 0) }, { z });
    session.dispose();
    assert.deepEqual(Array.from(z.data as Float32Array), [6, 8]);
  });

  it('writes the same bytes for the same model', () => {
    const bytes = () => encodeModel({ graph: graphOf([add]), metadata: { purpose: 'test' } });
    assert.deepEqual(bytes(), bytes());
  });

  it('refuses a constant of another size than its shape says', () => {
    const graph = graphOf([add], { c: { ...floats([3], 1, 2, 3), shape: [2] } });
    assert.throws(() => encodeModel({ graph }), /expected 8 bytes, got 12 for float32 \[2\]/);
  });

  it('gives the reason of the runtime for a model that it does not take', () => {
    assert.throws(
      () => openSession(encodeModel({ graph: graphOf([{ ...add, op: 'NoSuch' }]) })),
      /engine onnx: .*NoSuch/s,
    );
  });
});

function branch(from: string): OnnxGraph {
  return {
    name: from,
    inputs: [],
    outputs: [{ name: `${from}Out`, type: 'float32', shape: [2] }],
    initializers: new Map(),
    nodes: [{ op: 'Identity', inputs: [from], outputs: [`${from}Out`] }],
  };
}
