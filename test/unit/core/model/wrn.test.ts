import assert from 'node:assert/strict';
import {
  add,
  cast,
  greaterEqual,
  less,
  logicalOr,
  mean,
  memory,
  mul,
  tensor1d,
  tensor4d,
  tidy,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { inputGradient } from '../../../../core/margin/pgd-iteration.js';
import { crossEntropy, softLogitMargin } from '../../../../core/margin/losses.js';
import { importSafetensors } from '../../../../core/model/import-weights.js';
import { buildModel, type Model } from '../../../../core/model/model.js';
import { splitWeights, toHost, toTensors } from '../../../../core/model/weights.js';
import { wrn } from '../../../../core/model/wrn.js';
import { assertClose } from '../../../support/close.js';
import { goldenFiles, type Golden } from '../../../support/golden.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

describe('WRN', () => {
  before(() => openEngine(TEST_ENGINE));

  const open = (from: Golden) => {
    const { architecture, weights } = importSafetensors('wrn', from.bytes);
    const model: Model = buildModel(architecture);
    const tensors = toTensors(weights);
    return {
      model,
      ...splitWeights(model, tensors),
      dispose: () => {
        Object.values(tensors).forEach((t) => {
          t.dispose();
        });
      },
    };
  };
  const images = (from: Golden, name: string): Tensor4D => {
    const { shape, data } = from.tensor(name);
    return tensor4d(data, shape as Tensor4D['shape']);
  };

  for (const golden of goldenFiles('wrn')) {
    it(`gives the golden input gradient: ${golden.name}`, async () => {
      const before = memory().numTensors;
      const { model, parameters, statistics, dispose } = open(golden);
      const gradient = tidy(() => {
        const labels = tensor1d(golden.tensor('labels').data, 'int32');
        const classify = (inputs: Tensor4D) => model.apply(parameters, statistics, inputs, false).logits;
        return inputGradient(classify, softLogitMargin, images(golden, 'images'), labels);
      });
      assertClose(await gradient.data(), golden.tensor('inputGradient/slm').data, 1e-4);
      gradient.dispose();
      dispose();
      assert.equal(memory().numTensors, before);
    });

    it(`moves its statistics as the golden step does: ${golden.name}`, async () => {
      const before = memory().numTensors;
      const { model, parameters, statistics, dispose } = open(golden);
      const moved = tidy(() => {
        const clean = model.apply(parameters, statistics, images(golden, 'images'), true);
        return { ...model.apply(parameters, clean.statistics, images(golden, 'l2/step/points'), true).statistics };
      });
      const names = Object.keys(model.statistics);
      assert.equal(names.length, 14);
      for (const [name, { data }] of Object.entries(await toHost(moved))) {
        assertClose(data, golden.tensor(`l2/step/weights/${name}`).data, 1e-4);
      }
      Object.values(moved).forEach((tensor) => {
        tensor.dispose();
      });
      dispose();
      assert.equal(memory().numTensors, before);
    });

    it(`gives the golden gradients of a step, through batch statistics: ${golden.name}`, async () => {
      const { model, parameters, statistics, dispose } = open(golden);
      const [coefficient, maxDistance] = [1 / 3, 1];
      const gradients = tidy(() => {
        const labels = tensor1d(golden.tensor('labels').data, 'int32');
        const inputs = images(golden, 'images');
        const points = images(golden, 'l2/step/points');
        const radii = tensor1d(golden.tensor('l2/step/eps').data);
        const logits = (x: Tensor4D) => model.apply(variables, statistics, x, true).logits;
        const variables = Object.fromEntries(
          Object.entries(parameters).map(([name, value]) => [name, variable(value)]),
        );
        const wrong = greaterEqual(softLogitMargin(logits(inputs), labels), 0);
        const counted = cast(logicalOr(wrong, less(radii, maxDistance)), 'float32');
        const loss = (): Scalar =>
          add(
            mul(mean(crossEntropy(logits(inputs), labels)), coefficient),
            mul(mean(mul(counted, crossEntropy(logits(points), labels))), 1 - coefficient),
          );
        const { grads } = variableGrads(loss);
        return Object.fromEntries(
          Object.entries(variables).map(([name, value]) => {
            value.dispose();
            return [name, grads[value.name]!];
          }),
        );
      });
      // The committed file leaves out those of the four largest kernels of the 25 parameters.
      const known = Object.entries(await toHost(gradients)).filter(([name]) =>
        golden.names.includes(`l2/step/gradient/${name}`),
      );
      assert.ok(known.length >= 21, `${known.length} gradients`);
      for (const [name, { data }] of known) {
        assertClose(data, golden.tensor(`l2/step/gradient/${name}`).data, 1e-4);
      }
      Object.values(gradients).forEach((tensor) => {
        tensor.dispose();
      });
      dispose();
    });
  }

  it('has the layers of WRN-28-4', () => {
    const { parameters, statistics } = buildModel(wrn(28, 4));
    const count = (shapes: object) =>
      Object.values(shapes as Record<string, number[]>).reduce(
        (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
    // 16 · 27 + convolutions of 12 blocks + 3 shortcuts + 25 batch normalisations + dense, added up by hand.
    assert.equal(count(parameters), handCount(4));
    assert.equal(count(statistics) % 2, 0);
    assert.equal(Object.keys(parameters).filter((name) => name.endsWith('shortcut.kernel')).length, 3);
  });

  it('refuses depths and widths that there are not', () => {
    assert.throws(() => wrn(12, 1), {
      kind: 'invalid-input',
      message: 'architecture: depth: expected 6n + 4, n ≥ 1, got 12',
    });
    assert.throws(() => wrn(4, 1), { kind: 'invalid-input' });
    assert.throws(() => wrn(10, 0.5), { kind: 'invalid-input' });
  });
});

/** Parameters of WRN-28-k on 32×32×3 with ten classes. */
function handCount(k: number): number {
  let total = 27 * 16;
  let channels = 16;
  for (const width of [16 * k, 32 * k, 64 * k]) {
    for (let block = 0; block < 4; block++) {
      total += 2 * channels + 9 * channels * width + 2 * width + 9 * width * width;
      if (channels !== width) total += channels * width;
      channels = width;
    }
  }
  return total + 2 * channels + 10 * channels + 10;
}
