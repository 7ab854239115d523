import assert from 'node:assert/strict';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { buildModel } from '../../../../../core/model/model.js';
import { initialWeights } from '../../../../../core/model/weights.js';
import { createRandom } from '../../../../../core/random.js';
import { FLAT, layer, LOGITS, sequentialOf } from '../../../../support/keras-json.js';

describe('initializers of Keras', () => {
  it('variances of Glorot and He, constants; the same seed gives the same', () => {
    const kernels = (initializer: unknown) => {
      const wide = layer('Dense', 'wide', { units: 400, kernel_initializer: initializer });
      const model = buildModel(readTopology(sequentialOf(FLAT, wide, LOGITS)));
      return initialWeights(model, createRandom(1))['wide.kernel']!.data;
    };
    const variance = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value ** 2, 0) / values.length;
    for (const [initializer, expected] of [
      ['glorot_uniform', 2 / 436],
      [
        { class_name: 'VarianceScaling', config: { scale: 1, mode: 'fan_avg', distribution: 'normal', seed: null } },
        2 / 436,
      ],
      ['heNormal', 2 / 36],
      [{ class_name: 'HeUniform', config: {} }, 2 / 36],
      ['leCunNormal', 1 / 36],
      [{ className: 'RandomNormal', config: { mean: 0, stddev: 0.3 } }, 0.09],
      [{ class_name: 'RandomUniform', config: { minval: -0.3, maxval: 0.3 } }, 0.03],
    ] as const) {
      const ratio = variance(kernels(initializer)) / expected;
      assert.ok(Math.abs(ratio - 1) < 0.05, `${JSON.stringify(initializer)}: ${ratio} of the variance`);
    }
    assert.ok(kernels({ class_name: 'Constant', config: { value: 2 } }).every((value) => value === 2));
    assert.deepEqual(kernels('glorotNormal'), kernels('glorot_normal'));
  });

  it('orthogonal matrices, wide and tall, and the identity', () => {
    const kernelOf = (units: number, initializer: unknown): number[][] => {
      const own = layer('Dense', 'own', { units, kernel_initializer: initializer });
      const model = buildModel(readTopology(sequentialOf(FLAT, own, LOGITS)));
      const { data, shape } = initialWeights(model, createRandom(2))['own.kernel']!;
      return Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * units, (row + 1) * units)]);
    };
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    for (const units of [5, 36, 50]) {
      const rows = kernelOf(units, { class_name: 'Orthogonal', config: { gain: 2, seed: null } });
      const columns = Array.from({ length: units }, (_, column) => rows.map((row) => row[column]!));
      const vectors = units > 36 ? rows : columns;
      for (const [i, a] of vectors.entries())
        for (const [j, b] of vectors.entries()) assert.ok(Math.abs(dot(a, b) - (i === j ? 4 : 0)) < 1e-5, `${i}, ${j}`);
    }
    for (const [i, row] of kernelOf(40, 'identity').entries())
      assert.deepEqual(
        row,
        Array.from({ length: 40 }, (_, j) => (i === j ? 1 : 0)),
      );
  });
});
