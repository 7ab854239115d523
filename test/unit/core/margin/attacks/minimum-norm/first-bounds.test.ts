import assert from 'node:assert/strict';
import {
  abs,
  clipByValue,
  concat,
  dispose,
  fill,
  mean,
  mul,
  ones,
  relu,
  reshape,
  sub,
  tensor1d,
  tensor4d,
  tidy,
  type Rank,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../../core/margin/attack-steps.js';
import { scoredGradient } from '../../../../../../core/margin/attacks/steps/scored-gradient.js';
import { largestLogit } from '../../../../../../core/margin/host-logits.js';
import { linf } from '../../../../../../core/margin/linf.js';
import { logitMargin } from '../../../../../../core/margin/losses.js';
import { compileMarginSearch } from '../../../../../../core/margin/margin-search.js';
import { perceptron, perceptronTensors } from '../../../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };

/** z₀ = 1, z₁ = 20 relu(0.3 − mean |x − 0.5|): class 1 where that mean is below 0.25, and without any gradient where it is above 0.3. */
const greyOrNot: WeightedClassifier = (_, inputs) => {
  const contrast = mean<Tensor2D>(reshape(abs(sub(inputs, 0.5)), [inputs.shape[0], -1]), 1, true);
  return concat([ones<Rank.R2>([inputs.shape[0], 1]), mul(relu(sub(0.3, contrast)), 20)], 1);
};

describe('first bounds', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  it('one gradient finds what is on its ray', async () => {
    const { weights, inputs } = perceptronTensors(5, 64);
    const search = compileMarginSearch(engine.compile, perceptron, { norm: 'linf', bounds: BOUNDS });
    const maxDistance = 0.2;
    const request = { weights, inputs, maxDistance, maxGradientEvaluations: 1, seed: 0n };
    const { findings, perturbations } = await search.find(request);
    perturbations.dispose();
    const own = findings.map(({ predictedClass }) => predictedClass);
    const reachable = new Set<number>();
    tidy(() => {
      const labels = tensor1d(own, 'int32');
      const { gradients } = scoredGradient((x) => perceptron(weights, x), logitMargin, inputs, labels);
      const signs = linf.steepestAscent(gradients);
      for (let step = 1; step <= 40; step++) {
        const points: Tensor4D = clipByValue(inputs.add(mul(signs, (maxDistance * step) / 40)), 0, 1);
        const rows = perceptron(weights, points).arraySync();
        for (const [row, logits] of rows.entries())
          if (largestLogit(Float32Array.from(logits)) !== own[row]) reachable.add(row);
      }
    });
    assert.ok(reachable.size >= 16, `${reachable.size} can be reached`);
    const missed = [...reachable].filter((row) => findings[row]!.status !== 'found');
    assert.ok(missed.length <= 0.1 * reachable.size, `${missed.length} of ${reachable.size}`);
    dispose([inputs]);
    dispose(weights);
  });

  it('without a gradient, blends with other images give one, whoever the neighbours are', async () => {
    const search = compileMarginSearch(engine.compile, greyOrNot, { norm: 'linf', bounds: BOUNDS });
    const find = async (inputs: Tensor4D, maxDistance: number, maxGradientEvaluations: number) => {
      const { findings, perturbations } = await search.find({
        ...{ weights: {}, inputs, maxDistance, maxGradientEvaluations, seed: 0n },
      });
      const values = perturbations.dataSync();
      dispose([inputs, perturbations]);
      return { findings, values };
    };
    for (const budget of [1, 5]) {
      // From 0.9 to 0.75 all values have to move.
      const { findings } = await find(fill<Rank.R4>([1, 6, 6, 1], 0.9), 0.4725, budget);
      const { status, distance, attack } = findings[0]!;
      assert.deepEqual([status, attack], ['found', 'blend']);
      assert.ok(distance >= 0.15 - 1e-6 && distance < 0.16, String(distance));
      const pair = tensor4d(
        Float32Array.from({ length: 72 }, (_, i) => (i < 36 ? 0.9 : 0.5)),
        [2, 6, 6, 1],
      );
      const together = await find(pair, 0.4725, budget);
      assert.equal(together.findings[0]!.distance, distance);
    }
    const { findings, values } = await find(fill<Rank.R4>([1, 6, 6, 1], 0.9), 0.1, 1);
    assert.equal(findings[0]!.status, 'not-found');
    assert.ok(values.every((value) => value === 0));
  });
});
