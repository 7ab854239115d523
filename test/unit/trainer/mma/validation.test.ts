import assert from 'node:assert/strict';
import { dispose } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { neverStop } from '../../../../core/margin/pace.js';
import { toTensors } from '../../../../core/model/weights.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { compileValidation } from '../../../../trainer/mma/validation.js';
import { linearProblem } from '../../../support/linear-model.js';
import { ONE_STEP } from '../../../support/one-step.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

describe('validation', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  for (const norm of ['linf', 'l2'] as const) {
    it(`measures the mean margin of a linear model on the first examples, and its accuracy on all (${norm})`, async () => {
      const { numTensors } = engine.memory();
      const { model, weights, examples, isCorrect, margin } = linearProblem(70, 6);
      const exact = Array.from({ length: 45 }, (_, example) => margin(example, norm));
      // About a tenth lies beyond reach.
      const reach = exact.toSorted((a, b) => a - b)[40]! * 1.001;
      const config: TrainingConfig = {
        ...ONE_STEP,
        method: 'standard',
        norm,
        maxDistance: reach / 1.05,
        minRadius: 0.1,
        attackIterations: 40,
        bisections: 14,
        batchSize: 20,
        seed: '3',
        validationMarginExamples: 45,
      };
      const tensors = toTensors(weights);
      const found = await compileValidation(engine.compile, model, examples, config)(tensors, neverStop);
      assert.ok(found !== undefined);
      assert.equal(found.accuracy, Array.from(examples.labels).filter((_, i) => isCorrect(i)).length / 70);
      const mean = exact.reduce((sum, each) => sum + Math.min(each, reach), 0) / 45;
      assert.ok(Math.abs(found.margin - mean) <= 0.02 * mean, `${found.margin}, expected ${mean}`);
      // 45 values: the levels of the quantiles lie at the 0th, 4.4th, 11th, 22nd, 33rd, 39.6th and 44th of them.
      const within = exact.map((each) => Math.min(each, reach)).toSorted((a, b) => a - b);
      const at = (place: number) => within[place]!;
      const expected = [at(0), 0.6 * at(4) + 0.4 * at(5), at(11), at(22), at(33), 0.4 * at(39) + 0.6 * at(40), at(44)];
      found.quantiles.forEach((quantile, i) => {
        assert.ok(
          Math.abs(quantile - expected[i]!) <= 0.03 * reach,
          `${found.quantiles.join()}, expected ${expected.join()}`,
        );
      });

      const as = async (more: Partial<TrainingConfig>) =>
        (await compileValidation(engine.compile, model, examples, { ...config, ...more })(tensors, neverStop))!.margin;
      // Half the radius finds the same margins of a linear model; steps that lead nowhere leave the directions of the random start.
      const radius = reach / 1.05 / 3;
      const near = await as({ validationRadius: radius, validationStepSize: (2.5 * radius) / 40 });
      assert.ok(Math.abs(near - mean) <= 0.02 * mean, `${near}, expected ${mean}`);
      assert.ok((await as({ validationStepSize: 1e-9 })) > 1.3 * mean);

      assert.equal(await compileValidation(engine.compile, model, examples, config)(tensors, () => false), undefined);
      dispose(tensors);
      assert.equal(engine.memory().numTensors, numTensors);
    });
  }
});
