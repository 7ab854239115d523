import assert from 'node:assert/strict';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { DomainError } from '../../../../core/errors.js';
import type { Examples } from '../../../../trainer/data/dataset.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../trainer/mma/checkpoint-file.js';
import type { Checkpoint } from '../../../../trainer/mma/checkpoint.js';
import type { TrainingProgress } from '../../../../trainer/mma/progress.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import {
  assertSameBits,
  MMA,
  model,
  OMMA,
  PGDLS,
  STANDARD,
  stripes,
  TRADES,
  trainStripes,
  undisturbed,
} from '../../../support/stripes-training.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const RESUMED: Readonly<Record<string, TrainingConfig>> = {
  'MMA, Adam': MMA,
  'OMMA, SGD': OMMA,
  standard: STANDARD,
  'PGDLS, SGD': PGDLS,
  'TRADES, Adam': TRADES,
};

describe('training', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  for (const [name, config] of Object.entries(RESUMED)) {
    it(`continues from every checkpoint to the same bits (${name})`, async () => {
      const { numTensors } = engine.memory();
      const { result, checkpoints } = await undisturbed(engine, config);
      assert.deepEqual(
        checkpoints.map(({ step }) => step),
        [4, 8, 12, 16],
      );
      for (const resume of checkpoints) {
        const saved: Checkpoint[] = [];
        const saveCheckpoint = (checkpoint: Checkpoint) => Promise.resolve(void saved.push(checkpoint));
        const again = await trainStripes(engine, config, { resume, saveCheckpoint });
        assertSameBits(again.weights, result.weights);
        assert.deepEqual(again.validation, result.validation);
        assert.deepEqual(again.history, result.history);
        const last = checkpoints.at(-1)!;
        if (resume.step < config.steps) assertSameBits(saved.at(-1)!.weights, last.weights);
      }
      assert.equal(engine.memory().numTensors, numTensors);
    });

    it(`continues to the same bits after a stop anywhere (${name})`, async () => {
      const { numTensors } = engine.memory();
      const { checkpoints } = await undisturbed(engine, config);
      // Within a step, between steps, before and during a validation: whenever the training asks whether to go on.
      for (let patience = 1; ; patience += 29) {
        let file: Uint8Array | undefined;
        const saveCheckpoint = (checkpoint: Checkpoint) => {
          file = encodeCheckpoint(checkpoint);
          return Promise.resolve();
        };
        const stopped = await trainStripes(engine, config, { saveCheckpoint, signal: impatient(patience) }).then(
          () => false,
          (error: unknown) => error instanceof DomainError && error.kind === 'cancelled',
        );
        if (!stopped) break;
        let last: Checkpoint | undefined;
        await trainStripes(engine, config, {
          resume: decodeCheckpoint(file!),
          saveCheckpoint: (checkpoint) => Promise.resolve(void (last = checkpoint)),
        });
        if (last !== undefined) assertSame(last, checkpoints.at(-1)!);
      }
      assert.equal(engine.memory().numTensors, numTensors);
    });
  }

  it('keeps the weights with the largest validation margin, and learns', async () => {
    const seen: TrainingProgress[] = [];
    const { weights, validation: best } = await trainStripes(
      engine,
      { ...MMA, steps: 60 },
      { onProgress: (progress) => seen.push(progress) },
    );
    const validations = seen.flatMap((progress) => (progress.validation ? [progress.validation] : []));
    assert.equal(best.margin, Math.max(...validations.map(({ margin }) => margin)));
    assert.deepEqual(Object.keys(weights), Object.keys(model.parameters));
    // A classifier that knows one class alone has a third of 1.05 d_max.
    assert.ok(best.margin > 0.2, JSON.stringify(best));
    const last = seen.at(-1)!;
    assert.deepEqual([last.step, last.steps, last.epoch, last.etaSeconds], [60, 60, 10, 0]);
    assert.ok(last.meanRadius > 0.1 && last.batchAccuracy > 0.5 && last.secondsPerStep > 0);
    assert.ok(seen.some(({ phase }) => phase === 'validating'));
  });

  it('tells how it went, step by step and validation by validation', async () => {
    const seen: TrainingProgress[] = [];
    const schedule = [
      { fromStep: 0, learningRate: 0.01 },
      { fromStep: 6, learningRate: 0.001 },
    ];
    const config = { ...MMA, optimizer: { ...MMA.optimizer, schedule } };
    const { history } = await trainStripes(engine, config, { onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(
      history.steps.map(({ step }) => step),
      Array.from({ length: MMA.steps }, (_, i) => i + 1),
    );
    for (const entry of history.steps) {
      const told = seen.find(({ step }) => step === entry.step)!;
      assert.deepEqual(entry, {
        step: told.step,
        cleanLoss: told.cleanLoss,
        adversarialLoss: told.marginLoss,
        batchAccuracy: told.batchAccuracy,
        meanRadius: told.meanRadius,
        learningRate: entry.step <= 6 ? 0.01 : 0.001,
      });
    }
    assert.deepEqual(
      history.validations.map(({ step }) => step),
      [5, 10, 15, 16],
    );
    for (const { margin, quantiles } of history.validations) {
      assert.equal(quantiles.length, 7);
      assert.deepEqual(
        quantiles,
        quantiles.toSorted((a, b) => a - b),
      );
      assert.ok(quantiles[0]! <= margin && margin <= quantiles[6]!);
    }
  });

  it('refuses a checkpoint of another configuration, and bytes that are none', async () => {
    const { checkpoints } = await undisturbed(engine, STANDARD);
    const [resume] = checkpoints;
    await assert.rejects(trainStripes(engine, { ...STANDARD, seed: '8' }, { resume }), { kind: 'failed-precondition' });
    await assert.rejects(trainStripes(engine, STANDARD, { resume, train: stripes(50, 3) }), {
      kind: 'failed-precondition',
    });
    const bytes = encodeCheckpoint(resume!);
    assert.throws(() => decodeCheckpoint(bytes.subarray(0, -1), 'job.ckpt'), {
      kind: 'data-loss',
      message: /^job\.ckpt/,
    });
    assert.throws(() => decodeCheckpoint(Buffer.from('nonsense, but long enough')), { kind: 'data-loss' });
  });

  it('refuses fewer examples than a batch takes, and none to validate on', async () => {
    const none: Examples = { count: 0, images: new Uint8Array(0), labels: new Uint8Array(0) };
    await assert.rejects(trainStripes(engine, MMA, { train: stripes(7, 1) }), {
      kind: 'invalid-input',
      message: /train/,
    });
    await assert.rejects(trainStripes(engine, MMA, { validation: none }), {
      kind: 'invalid-input',
      message: /validation/,
    });
  });

  it('saves nothing of a step whose update is not finite, though its loss was: the checkpoint before it stays', async () => {
    const saved: Checkpoint[] = [];
    // The third step is the first whose learning rate leaves float32.
    const schedule = [
      { fromStep: 0, learningRate: 0.05 },
      { fromStep: 2, learningRate: 1e39 },
    ];
    const optimizer = { rule: 'sgd', learningRate: 0.05, momentum: 0, weightDecay: 0, schedule } as const;
    const config: TrainingConfig = { ...STANDARD, optimizer, steps: 3, checkpointInterval: 1, validationInterval: 3 };
    const saveCheckpoint = (checkpoint: Checkpoint) => Promise.resolve(void saved.push(checkpoint));
    await assert.rejects(trainStripes(engine, config, { saveCheckpoint }), { message: /not finite after step 3/ });
    assert.deepEqual(
      saved.map(({ step }) => step),
      [1, 2],
    );
    for (const { weights } of saved)
      for (const { data } of Object.values(weights)) assert.ok(data.every(Number.isFinite));
  });

  it('fails with a reason when the loss is no longer finite', async () => {
    const { numTensors } = engine.memory();
    const optimizer = { rule: 'sgd', learningRate: 1e30, momentum: 0, weightDecay: 0 } as const;
    await assert.rejects(trainStripes(engine, { ...STANDARD, optimizer }), { message: /not finite .* learning rate/ });
    assert.equal(engine.memory().numTensors, numTensors);
  });
});

/** A signal that is aborted from the `patience`-th time that it is looked at. */
function impatient(patience: number): AbortSignal {
  let looks = 0;
  return {
    get aborted() {
      return ++looks >= patience;
    },
  } as AbortSignal;
}

function assertSame(actual: Checkpoint, expected: Checkpoint): void {
  assert.deepEqual(Buffer.from(encodeCheckpoint(actual)), Buffer.from(encodeCheckpoint(expected)));
}
