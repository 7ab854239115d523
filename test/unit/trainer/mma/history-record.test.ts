import assert from 'node:assert/strict';
import { EMPTY_HISTORY, historyOf, withStep, withValidation } from '../../../../trainer/mma/history-record.js';

const STEPS = 6001;

describe('the history of a training', () => {
  it('averages the steps since the entry before', () => {
    let record = EMPTY_HISTORY;
    for (let step = 1; step <= STEPS; step++)
      record = withStep(record, {
        step,
        cleanLoss: step,
        adversarialLoss: 2 * step,
        batchAccuracy: step % 2,
        meanRadius: 0.25,
        learningRate: step > 3000 ? 0.1 : 1,
      });
    const { steps } = historyOf(record);
    assert.ok(steps.length <= 2000 && steps.length >= 1000);
    assert.equal(steps.at(-1)?.step, STEPS);
    let before = 0;
    for (const entry of steps) {
      // The mean of before + 1 … step.
      const mean = (before + 1 + entry.step) / 2;
      assert.ok(Math.abs(entry.cleanLoss - mean) < 1e-9 && Math.abs(entry.adversarialLoss - 2 * mean) < 1e-9);
      if ((entry.step - before) % 2 === 0) assert.equal(entry.batchAccuracy, 0.5);
      assert.equal(entry.meanRadius, 0.25);
      assert.equal(entry.learningRate, entry.step > 3000 ? 0.1 : 1);
      before = entry.step;
    }
  });

  it('keeps the later of validations where there are too many', () => {
    let record = EMPTY_HISTORY;
    for (let step = 1; step <= STEPS; step++)
      record = withValidation(record, { step, margin: step / STEPS, accuracy: 1, quantiles: [step] });
    const { validations } = historyOf(record);
    assert.ok(validations.length <= 2000 && validations.length >= 1000);
    for (const { step, margin, quantiles } of validations) {
      assert.equal(margin, step / STEPS);
      assert.deepEqual(quantiles, [step]);
    }
    assert.equal(validations.at(-1)?.step, STEPS);
  });
});
