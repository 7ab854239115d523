import assert from 'node:assert/strict';
import { dispose, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { neverStop } from '../../../../core/margin/pace.js';
import { chooseTerms } from '../../../../trainer/mma/methods/max-margin.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { linearProblem } from '../../../support/linear-model.js';
import { ONE_STEP, stepOnce } from '../../../support/one-step.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const linear = linearProblem(30, 9);

describe('a training step', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  const stepFrom = (config: TrainingConfig, shouldContinue = neverStop) =>
    stepOnce(engine, { ...linear, config, shouldContinue });

  it('takes found points within d_max and wrong examples as they are, and lets go of what is beyond', async () => {
    const { numTensors } = engine.memory();
    const inputs = tensor4d([0.1, 0.2, 0.3, 0.4], [4, 1, 1, 1]);
    const correct = tensor1d([1, 1, 1, 0], 'bool');
    const found = {
      radii: tensor1d([0.25, 0.5, 0.525, 0.125]),
      perturbations: tensor4d([0.25, 0.5, 0.525, 0.125], [4, 1, 1, 1]),
      crossed: tensor1d([1, 1, 0, 1], 'bool'),
    };
    const terms = tidy(() => chooseTerms(inputs, correct, found, 0.5));
    assert.deepEqual([...(await terms.counted.data())], [1, 0, 0, 1]);
    assert.deepEqual([...(await terms.radii.data())], [...Float32Array.of(0.25, 0.5, 0.525, 0)]);
    const points = await terms.points.data();
    for (const [i, expected] of [0.35, 0.7, 0.825, 0.4].entries()) assert.ok(Math.abs(points[i]! - expected) < 1e-6);
    dispose([inputs, correct, found, terms]);
    assert.equal(engine.memory().numTensors, numTensors);
  });

  it('finds the margins of a linear model, and 0 where it is wrong', async () => {
    const after = await stepFrom(ONE_STEP);
    for (const [i, radius] of after!.report.radii.entries()) {
      const margin = linear.margin(i, 'linf');
      // The first probe is at 0.01, then 4 halvings of at most [0.01, 0.042].
      const reach = 1.05 * ONE_STEP.maxDistance;
      if (margin < reach) assert.ok(radius >= margin * 0.999 && radius <= margin + 0.0021, `${radius}, ${margin}`);
      else assert.equal(radius, Math.fround(reach));
    }
    const correct = after!.report.radii.filter((radius) => radius > 0).length;
    assert.ok(Math.abs(after!.report.accuracy - correct / 30) < 1e-6);
  });

  it('is a step of standard training when the clean loss has all the weight', async () => {
    const mma = await stepFrom({ ...ONE_STEP, cleanCoefficient: 1 });
    const standard = await stepFrom({ ...ONE_STEP, method: 'standard' });
    assert.deepEqual(mma!.weights, standard!.weights);
    assert.equal(mma!.report.cleanLoss, standard!.report.cleanLoss);
    assert.notDeepEqual((await stepFrom(ONE_STEP))!.weights, standard!.weights);
  });

  it('changes nothing when it is stopped', async () => {
    let looks = 0;
    assert.equal(await stepFrom(ONE_STEP, () => ++looks < 5), undefined);
  });
});
