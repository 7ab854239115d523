import assert from 'node:assert/strict';
import { dispose, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { hasConverged } from '../../../../core/margin/convergence.js';
import { compileMarginSearch } from '../../../../core/margin/margin-search.js';
import { perceptron, perceptronTensors } from '../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const COUNT = 16;

describe('a converged search', () => {
  it('is one whose distance has stood still over its last half, and over a hundred gradient evaluations', () => {
    /** Of two inputs, the other of which never moves. */
    const converged = (lengths: readonly (readonly [number, number])[], distance: number, spent: number): boolean => {
      const trace = lengths.map(([gradientEvaluations, length]) => ({ gradientEvaluations, lengths: [1, length] }));
      return hasConverged(trace, 1, distance, spent);
    };
    const early = [[10, 2], [90, 1.005]] as const; // prettier-ignore
    assert.ok(converged(early, 1, 200));
    assert.ok(!converged(early, 1, 189), 'fewer than a hundred have passed since');
    assert.ok(converged([[1, 1]], 1, 101));
    assert.ok(!converged([[1, 1]], 1, 100), 'no budget of a hundred suffices');
    assert.ok(!converged(early, 0.99, 200), 'it fell by more than 1 %');
    assert.ok(!converged([...early, [150, 0.9]], 0.9, 200), 'it fell in the last half');
    assert.ok(!converged([[10, 2], [590, 1]], 1, 1000), 'four tenths are not half'); // prettier-ignore
    assert.ok(converged([[10, Infinity], [500, 1], [900, 0.999]], 0.999, 1000)); // prettier-ignore
    assert.ok(!converged([[10, Infinity]], 1, 1000), 'found at the very end'); // prettier-ignore
    assert.ok(!converged([], 1, 1000));
  });

  describe('for margins', () => {
    let engine: Engine;
    let weights: ReturnType<typeof perceptronTensors>['weights'];
    let inputs: Tensor4D;
    before(async () => {
      engine = await openEngine(TEST_ENGINE);
      ({ weights, inputs } = perceptronTensors(3, COUNT));
    });
    after(() => {
      dispose([inputs]);
      dispose(weights);
    });
    const find = async (maxGradientEvaluations: number, maxDistance = 1, shouldContinue = () => true) => {
      const search = compileMarginSearch(engine.compile, perceptron, {
        norm: 'linf',
        bounds: { lower: 0, upper: 1 },
      });
      const request = { weights, inputs, maxDistance, maxGradientEvaluations, seed: 1n, shouldContinue };
      const { findings, perturbations } = await search.find(request);
      perturbations.dispose();
      return findings;
    };

    it('cannot be short, and ten times the budget of one seldom tells more than 1 %', async () => {
      for (const { complete, converged } of await find(100)) assert.deepEqual([complete, converged], [true, false]);
      const findings = await find(200);
      const settled = [...findings.keys()].filter((index) => findings[index]!.converged);
      assert.ok(settled.length >= 0.75 * COUNT, `${settled.length} of ${COUNT}`);
      const longer = await find(2000);
      const changed = settled.filter((index) => longer[index]!.distance < 0.99 * findings[index]!.distance);
      assert.ok(changed.length <= 0.1 * settled.length, `${changed.length} of ${settled.length}`);
    }).timeout(120_000);

    it('has found something, and was not stopped', async () => {
      for (const { status, converged } of await find(200, 1e-4)) {
        assert.deepEqual([status, converged], ['not-found', false]);
      }
      let asked = 0;
      await find(200, 1, () => ++asked > 0);
      let left = asked - 1;
      for (const { status, complete, converged } of await find(200, 1, () => left-- > 0)) {
        assert.deepEqual([status, complete, converged], ['found', false, false]);
      }
    });
  });
});
