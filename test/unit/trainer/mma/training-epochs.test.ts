import assert from 'node:assert/strict';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { HostTensors } from '../../../../core/model/host-tensors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../trainer/mma/checkpoint-file.js';
import type { Checkpoint } from '../../../../trainer/mma/checkpoint.js';
import type { TrainingProgress } from '../../../../trainer/mma/progress.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { trainingHistorySchema } from '../../../../trainer/mma/training-history.js';
import {
  assertSameBits,
  examples,
  MMA,
  STANDARD,
  trainStripes,
  undisturbed,
} from '../../../support/stripes-training.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

describe('the epochs of a training', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  it('varies images as it is told, and continues from checkpoints to the same bits', async () => {
    const config: TrainingConfig = { ...STANDARD, augmentation: 'crop-flip' };
    const { result, checkpoints } = await undisturbed(engine, config);
    const plain = await undisturbed(engine, STANDARD);
    assert.notDeepEqual(result.history.steps, plain.result.history.steps);
    assert.ok(checkpoints.length > 1);
    for (const resume of checkpoints.slice(1)) {
      const again = await trainStripes(engine, config, { resume });
      assertSameBits(again.weights, result.weights);
      assert.deepEqual(again.history, result.history);
    }
  });

  it('validates, saves and keeps weights at the end of every epoch', async () => {
    const config: TrainingConfig = {
      ...MMA,
      checkpointInterval: 'epoch',
      validationInterval: 'epoch',
      keepEpochs: true,
    };
    const kept = new Map<number, HostTensors>();
    const saved: Checkpoint[] = [];
    const { history, steps } = await trainStripes(engine, config, {
      saveCheckpoint: (checkpoint) => Promise.resolve(void saved.push(checkpoint)),
      saveEpoch: (epoch, weights) => Promise.resolve(void kept.set(epoch, weights)),
    });
    // Six steps an epoch, and the last, partial one.
    assert.deepEqual(
      history.validations.map(({ step }) => step),
      [6, 12, 16],
    );
    assert.deepEqual(
      saved.map(({ step }) => step),
      [6, 12, 16],
    );
    assert.equal(steps, 16);
    assert.deepEqual([...kept.keys()], [1, 2]);
    assertSameBits(kept.get(2)!, saved[1]!.weights);
  });

  it('ends after as many validations without a larger margin as it is told, wherever it was stopped', async () => {
    // Weights that move by nothing have the same margins.
    const optimizer = { rule: 'sgd', learningRate: 1e-30, momentum: 0, weightDecay: 0 } as const;
    const config: TrainingConfig = { ...STANDARD, optimizer, steps: 40, earlyStopValidations: 3 };
    const seen: TrainingProgress[] = [];
    const saved: Checkpoint[] = [];
    const saveCheckpoint = (checkpoint: Checkpoint) =>
      Promise.resolve(void saved.push(decodeCheckpoint(encodeCheckpoint(checkpoint))));
    const onProgress = (progress: TrainingProgress) => seen.push(progress);
    const ended = await trainStripes(engine, config, { saveCheckpoint, onProgress });
    // The first validation is the best; three more are no better.
    assert.deepEqual([ended.steps, ended.validation.step, ended.history.steps.at(-1)?.step], [20, 5, 20]);
    assert.equal(ended.history.validations.length, 4);
    const bestMargin = Math.max(...ended.history.validations.map(({ margin }) => margin));
    const earlyStop = { step: 20, epoch: Math.floor((20 * STANDARD.batchSize) / examples.count), validations: 3 };
    assert.deepEqual(ended.earlyStop, { ...earlyStop, bestMargin, bestStep: 5 });
    assert.deepEqual(trainingHistorySchema.parse(JSON.parse(JSON.stringify(ended.history))), ended.history);
    assert.deepEqual(ended.history.earlyStop, ended.earlyStop);
    assert.equal(seen.at(-1)!.step, 20);
    assert.equal(saved.at(-1)!.step, 20);
    for (const resume of saved)
      assert.deepEqual(
        (await trainStripes(engine, config, { resume })).earlyStop,
        ended.earlyStop,
        `from ${resume.step}`,
      );
    // Without it, and where the last of them is that of the last step, training does not end early.
    for (const whole of [{ earlyStopValidations: 0 }, { steps: 20 }]) {
      const { steps, history, earlyStop: stopped } = await trainStripes(engine, { ...config, ...whole });
      assert.deepEqual([steps, stopped, history.earlyStop], [whole.steps ?? 40, undefined, undefined]);
    }
  });
});
