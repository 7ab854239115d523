import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobState } from '../../../proto/gen/maxmargin/v1/training_service.js';
import type { DeepPartial, TrainingSpec } from '../../../proto/gen/maxmargin/v1/training_service.js';
import { writeFewDigits } from '../../support/few-digits.js';
import { endlessSpec, tinySpec, watchUntil } from './tiny-job.js';
import { makePlace, removePlace, startTrainer } from './trainer-process.js';
import type { Place, TrainerProcess } from './trainer-process.js';

describe('a job that fails', () => {
  let place: Place;
  let trainer: TrainerProcess;
  before(async () => {
    place = await makePlace();
    trainer = await startTrainer(place, '--stop-seconds', '0.3', '--max-restarts', '1');
  });
  after(async () => {
    await trainer.terminate();
    await removePlace(place);
  });
  const errorOf = async (spec: DeepPartial<TrainingSpec>): Promise<string> => {
    const { name } = await trainer.client.createTrainingJob({ spec });
    const job = await watchUntil(trainer.client, name);
    assert.equal(job.state, JobState.FAILED);
    assert.equal(job.restarts, 0, 'what is wrong stays wrong: it is not started again');
    assert.equal(job.publishedVersion, 0n);
    return job.error;
  };

  it('names the file that is short', async () => {
    const directory = join(place.data, 'short');
    await writeFewDigits(directory);
    const images = join(directory, 'train-images-idx3-ubyte');
    await truncate(images, 1000);
    const error = await errorOf(tinySpec({ data: { name: 'mnist', directory: 'short' } }));
    assert.match(error, /short\/train-images-idx3-ubyte.*expected .*got/);
    assert.ok(!error.includes(place.data), `a path of the service: ${error}`);
  });

  it('says what is missing, and what is too much', async () => {
    assert.match(await errorOf(tinySpec({ data: { name: 'cifar10' } })), /cifar10/);
    const tooMany = { name: 'digits', trainExamples: 1_000_000n };
    assert.match(await errorOf(tinySpec({ data: tooMany })), /spec\.data\.train_examples: expected at most the 6000 /);
  });

  it('says how its process died when it dies again and again', async () => {
    const { name } = await trainer.client.createTrainingJob({ spec: endlessSpec({ checkpointInterval: 1_000_000n }) });
    let last: unknown;
    for (let deaths = 0; deaths < 2; deaths++) {
      const { process: pid } = await trainer.logged(
        (line) => line.job === name && line.process !== undefined && line.process !== last,
      );
      process.kill(pid as number, 'SIGKILL');
      last = pid;
    }
    const { state, error } = await watchUntil(trainer.client, name);
    assert.equal(state, JobState.FAILED);
    assert.match(error, /died 2 times in a row without writing a checkpoint; it was ended by SIGKILL/);
  });

  it('can be cancelled although its process does not answer', async () => {
    const { name } = await trainer.client.createTrainingJob({ spec: endlessSpec() });
    await watchUntil(trainer.client, name, ({ progress }) => (progress?.step ?? 0n) > 0n);
    process.kill(await trainer.jobPid(name), 'SIGSTOP');
    assert.equal((await trainer.client.cancelTrainingJob({ name })).state, JobState.CANCELLED);
  });

  it('is not shared with a second trainer', async () => {
    const main = fileURLToPath(new URL('../../../trainer/main.js', import.meta.url));
    const second = spawn(process.execPath, [main, '--jobs', place.jobs, '--registry', place.registry]);
    let output = '';
    second.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(second, 'close')) as [number];
    assert.equal(code, 1);
    assert.match(output, new RegExp(`expected no other trainer, got process ${trainer.pid}`));
  });
});
