import assert from 'node:assert/strict';
import { add, concat, fill, mean, mul, reshape, slice, tensor1d, tile, type Tensor2D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import { lowerFunction } from '../../../../../../core/engine/onnx/export/lower-function.js';
import { encodeModel } from '../../../../../../core/engine/onnx/encode-model.js';
import { placeholder } from '../../../../../../core/engine/trace/placeholder.js';
import { onnxMissing, openPublicly } from '../../../../../support/public-onnx.js';

const missing = onnxMissing();
const without = missing === undefined ? '' : ` (skipped: ${missing})`;

const matrix = (batch: number): { x: Tensor2D } => ({ x: placeholder([batch, 3]) });

describe('functions as ONNX graphs for any batch size', () => {
  before(() => openEngine('wasm'));

  it(`compute every extent that depends on the batch size${without}`, async function () {
    if (missing !== undefined) this.skip();
    // Twice the batch and a row of 2, without its first n + 1 rows: slices that end at 2 n + 1.
    const graph = lowerFunction(matrix, ({ x }) => {
      const [n] = x.shape;
      const rows = concat<Tensor2D>([tile(x, [2, 1]), fill([1, 3], 2)], 0);
      return { y: add(slice(rows, [n + 1, 0], [n, 3]), fill([n, 3], 0.5)) };
    });
    assert.deepEqual(graph.inputs, [{ name: 'x', type: 'float32', shape: ['batch', 3] }]);
    const file = await openPublicly(encodeModel({ graph }));
    for (const batch of [1, 4]) {
      const data = Float32Array.from({ length: 3 * batch }, (_, index) => index);
      const { y = [] } = await file.run({ x: ['float32', data, [batch, 3]] });
      const rows = [...data.slice(3), 2, 2, 2].map((value) => value + 0.5);
      assert.deepEqual(Array.from(y), rows);
    }
    await file.close();
  });

  it('refuse a function that is more than one of each example', () => {
    assert.throws(() => lowerFunction(matrix, ({ x }) => ({ y: mean(x, 0), z: mul(x, 1 / x.shape[0]) })), {
      kind: 'internal',
      message: /expected only extents to depend on the batch size, got the constant .* of float32/,
    });
  });

  it('refuse constants that have the batch size of a trace', () => {
    const fn = ({ x }: { x: Tensor2D }) => ({
      y: add(x, reshape(tensor1d(Array.from({ length: x.shape[0] }, (_, i) => i)), [-1, 1])),
    });
    assert.throws(() => lowerFunction(matrix, fn), { kind: 'internal', message: /got the constant/ });
  });
});
