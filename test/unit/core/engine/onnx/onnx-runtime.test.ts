import assert from 'node:assert/strict';
import { graphBuilder } from '../../../../../core/engine/graph/graph-builder.js';
import type { Graph } from '../../../../../core/engine/graph/graph.js';
import { constantWeights } from '../../../../../core/engine/onnx/programs/constant-weights.js';
import { multiplicationsOf } from '../../../../../core/engine/onnx/programs/multiplications.js';
import { onnxRuntime } from '../../../../../core/engine/onnx/onnx-runtime.js';

/** x W + b, of weights W and b. */
function affine(): Graph {
  const builder = graphBuilder();
  const w = builder.input('w', { shape: [2, 2], dtype: 'float32' });
  const b = builder.input('b', { shape: [2], dtype: 'float32' });
  const x = builder.input('x', { shape: [1, 2], dtype: 'float32' });
  const product = builder.add('matMul', [x, w], { transposeA: false, transposeB: false });
  return builder.finish([builder.add('add', [product, b], {})]);
}

const floats = (...values: readonly number[]): Float32Array => Float32Array.from(values);

describe('onnx runtime', () => {
  for (const runsPerWeights of [1, 4, 40, Infinity])
    it(`computes with the weights of each run, which are said to last for ${runsPerWeights}`, () => {
      const program = onnxRuntime().load(affine(), { weights: 2, runsPerWeights });
      const [identity, double] = [floats(1, 0, 0, 1), floats(2, 0, 0, 2)];
      const [zero, one] = [floats(0, 0), floats(1, 1)];
      const run = (...inputs: readonly Float32Array[]) => Array.from(program.run(inputs)[0] ?? []);
      assert.deepEqual(run(identity, zero, floats(3, 4)), [3, 4]);
      assert.deepEqual(run(identity, zero, floats(5, 6)), [5, 6]);
      assert.deepEqual(run(double, zero, floats(5, 6)), [10, 12]);
      assert.deepEqual(run(double, one, floats(5, 6)), [11, 13]);
      assert.deepEqual(run(identity, zero, floats(3, 4)), [3, 4]);
      program.dispose();
    });

  it('gives new buffers, and leaves those that it is given as they are', () => {
    const program = onnxRuntime().load(affine(), { weights: 0, runsPerWeights: 1 });
    const inputs = [floats(1, 0, 0, 1), floats(0, 0), floats(3, 4)];
    const [first] = program.run(inputs);
    const [second] = program.run([inputs[0]!, inputs[1]!, floats(5, 6)]);
    assert.deepEqual(
      [Array.from(first!), Array.from(second!)],
      [
        [3, 4],
        [5, 6],
      ],
    );
    assert.deepEqual(
      inputs.map((values) => Array.from(values)),
      [
        [1, 0, 0, 1],
        [0, 0],
        [3, 4],
      ],
    );
    program.dispose();
  });

  it('copies what goes in and what comes out', () => {
    const runtime = onnxRuntime();
    const [values, type] = [floats(1, 2), { shape: [2], dtype: 'float32' as const }];
    const buffer = runtime.upload(values, type);
    values[0] = 7;
    const out = runtime.download(buffer, type);
    out[1] = 8;
    assert.deepEqual(
      [Array.from(buffer), Array.from(out)],
      [
        [1, 2],
        [1, 8],
      ],
    );
  });

  it('uses the memory of what is released again, for another array', () => {
    const runtime = onnxRuntime();
    const type = { shape: [2048], dtype: 'float32' as const };
    const first = runtime.upload(new Float32Array(2048).fill(1), type);
    runtime.release(first);
    const second = runtime.upload(new Float32Array(2048).fill(2), type);
    const third = runtime.upload(new Float32Array(2048).fill(3), type);
    assert.equal(second.buffer, first.buffer);
    assert.notEqual(second, first);
    assert.notEqual(third.buffer, second.buffer);
    assert.deepEqual([second[7], third[7]], [2, 3]);
  });

  it('knows constants by their array, not by its memory', () => {
    const runtime = onnxRuntime();
    const builder = graphBuilder();
    const w = builder.input('w', { shape: [2048], dtype: 'float32' });
    const x = builder.input('x', { shape: [], dtype: 'float32' });
    const program = runtime.load(builder.finish([builder.add('mul', [w, x], {})]), {
      weights: 1,
      runsPerWeights: Infinity,
    });
    const results = [2, 3].map((weight) => {
      const weights = runtime.upload(new Float32Array(2048).fill(weight), { shape: [2048], dtype: 'float32' });
      const [product] = program.run([weights, floats(10)]);
      runtime.release(weights);
      return product?.[2047];
    });
    program.dispose();
    assert.deepEqual(results, [20, 30]);
  });

  it('makes weights constants that are never replaced', () => {
    const constants = (runsPerWeights: number) => constantWeights(affine(), { weights: 2, runsPerWeights });
    assert.deepEqual([1, 40, 1e6, Infinity].map(constants), [[], [], [], [0, 1]]);
  });

  it('counts the multiplications of a convolution and of a product', () => {
    const builder = graphBuilder();
    const x = builder.input('x', { shape: [2, 4, 4, 3], dtype: 'float32' });
    const w = builder.input('w', { shape: [3, 3, 3, 5], dtype: 'float32' });
    const padding = { top: 0, bottom: 0, left: 0, right: 0 };
    const y = builder.add('conv2d', [x, w], { strides: [1, 1], dilations: [1, 1], padding });
    // 2 images of 2 × 2 places, 5 filters of 27 numbers.
    assert.equal(multiplicationsOf(builder.finish([y])), 2 * 4 * 5 * 27);
    assert.equal(multiplicationsOf(affine()), 4);
  });
});
