import assert from 'node:assert/strict';
import { readSafetensors, writeSafetensors } from '../../../../core/model/safetensors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../trainer/mma/checkpoint-file.js';
import type { Checkpoint } from '../../../../trainer/mma/checkpoint.js';
import { EMPTY_HISTORY, withStep, withValidation } from '../../../../trainer/mma/history-record.js';

const step = { cleanLoss: 0.5, adversarialLoss: 0.7, batchAccuracy: 0.9, meanRadius: 0.1, learningRate: 0.01 };
const validation = { step: 2, margin: 0.25, accuracy: 0.75, quantiles: [0, 0.1, 0.1, 0.2, 0.3, 0.4, 0.47] };
let history = EMPTY_HISTORY;
for (let i = 1; i <= 4003; i++) history = withStep(history, { step: i, ...step });
history = withValidation(history, validation);
const weights = { kernel: { shape: [2, 1], data: Float32Array.of(1, -2) } };

const CHECKPOINT: Checkpoint = {
  fingerprint: 'of a training',
  step: 4003,
  weights,
  moments: { 'momentum.kernel': { shape: [2, 1], data: Float32Array.of(0.5, 0) } },
  radii: Float32Array.of(0.1, 0, 0.3),
  order: Uint32Array.of(2, 0, 1),
  random: [1, 2, 3, 0xffffffff],
  figures: { cleanLoss: 0.5, marginLoss: 0.7, meanRadius: 0.1, batchAccuracy: 0.9 },
  history,
  validation,
  best: { validation, weights },
  withoutBetter: 3,
};

describe('the file of a checkpoint', () => {
  it('holds all of it', () => {
    assert.deepEqual(decodeCheckpoint(encodeCheckpoint(CHECKPOINT)), CHECKPOINT);
    assert.ok(history.steps.open !== undefined, 'an entry that is not full yet is held, too');
  });

  it('is read without what earlier versions did not write', () => {
    const { tensors, metadata } = readSafetensors(encodeCheckpoint(CHECKPOINT));
    const json = JSON.parse(metadata.checkpoint!) as Record<string, unknown>;
    delete json.history;
    delete json.withoutBetter;
    json.validation = { step: 2, margin: 0.25, accuracy: 0.75 };
    json.best = json.validation;
    const earlier = decodeCheckpoint(writeSafetensors(tensors, { checkpoint: JSON.stringify(json) }));
    const without = { ...validation, quantiles: [] };
    assert.deepEqual(earlier, {
      ...CHECKPOINT,
      history: EMPTY_HISTORY,
      withoutBetter: 0,
      validation: without,
      best: { validation: without, weights },
    });
  });
});
