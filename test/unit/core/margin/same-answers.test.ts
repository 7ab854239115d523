import assert from 'node:assert/strict';
import { dispose, gather, tensor1d, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { compileMarginSearch } from '../../../../core/margin/margin-search.js';
import { NORMS } from '../../../../core/margin/threat-model.js';
import { perceptron, perceptronTensors } from '../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

/** Enough for rounds from random starts that find the nearest for some inputs. */
const BUDGET = 300;

describe('the answer to an input', () => {
  let engine: Engine;
  let weights: ReturnType<typeof perceptronTensors>['weights'];
  let inputs: Tensor4D;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    ({ weights, inputs } = perceptronTensors(1, 8));
  });
  after(() => {
    dispose([inputs]);
    dispose(weights);
  });

  for (const norm of NORMS) {
    it(`${norm}: depends neither on its place nor on its neighbours, only on the input and the seed`, async () => {
      const search = compileMarginSearch(engine.compile, perceptron, { norm, bounds: { lower: 0, upper: 1 } });
      const find = async (some: Tensor4D, seed = 7n) => {
        const maxDistance = norm === 'linf' ? 1 : 6;
        const request = { weights, inputs: some, maxDistance, maxGradientEvaluations: BUDGET, seed };
        const { findings, perturbations } = await search.find(request);
        perturbations.dispose();
        return findings;
      };
      const together = await find(inputs);
      assert.deepEqual(await find(inputs), together, 'the same request, the same answer');
      const other = await find(inputs, 8n);
      assert.ok(
        other.some(({ distance }, i) => Math.abs(distance / together[i]!.distance - 1) > 1e-4),
        'another seed, other random starts',
      );
      for (const rows of [[7, 6, 5, 4, 3, 2, 1, 0], [5, 5, 5], [0], [2, 3, 4, 5, 6], [1, 0, 1, 7, 1]]) {
        const some = gather(inputs, tensor1d(rows, 'int32'));
        for (const [i, one] of (await find(some)).entries()) {
          const same = together[rows[i]!]!;
          // Float32 rounds other batch sizes otherwise; other random starts would show as more.
          assert.ok(Math.abs(one.distance / same.distance - 1) <= 1e-4, `${one.distance} ${same.distance}`);
          assert.deepEqual([one.status, one.adversarialClass], [same.status, same.adversarialClass]);
        }
        some.dispose();
      }
    });
  }
});
