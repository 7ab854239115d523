import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegistry } from '../../../core/registry/open-registry.js';
import { JobState } from '../../../proto/gen/maxmargin/v1/training_service.js';
import type { TrainingJob } from '../../../proto/gen/maxmargin/v1/training_service.js';
import { identifyProcess, isAlive } from '../../../trainer/jobs/process-identity.js';
import type { ProcessIdentity } from '../../../trainer/jobs/process-identity.js';
import { eventually } from '../../support/eventually.js';
import { writeFewDigits } from '../../support/few-digits.js';
import { ended, tinySpec, watchUntil, weightsHash } from './tiny-job.js';
import { makePlace, removePlace, startTrainer } from './trainer-process.js';
import type { Place, TrainerProcess } from './trainer-process.js';

const data = { name: 'mnist', directory: 'few-digits', validationExamples: 20n };
/** The model's name says nothing about the weights, so that every job may have its own. */
const spec = (model: string) =>
  tinySpec({
    ...{ model, data, steps: 18n, checkpointInterval: 2n, validationInterval: 6n },
    // It is the same for all of them, and would take longer than their training.
    evaluationMarginExamples: 2n,
  });

const untilGone = async (process: ProcessIdentity): Promise<void> => {
  await eventually(
    () => Promise.resolve(isAlive(process)),
    (alive) => !alive,
  );
};
/** Kills a process that may have ended by itself at this moment. */
const killNow = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

describe('a job that is continued', () => {
  let place: Place;
  let trainer: TrainerProcess;
  let undisturbed: string;

  const create = async (model: string) => (await trainer.client.createTrainingJob({ spec: spec(model) })).name;
  const checkpointAt = (job: string, step: number) =>
    trainer.logged((line) => line.msg === 'checkpoint' && line.job === job && (line.step as number) >= step);
  const succeeded = async (name: string): Promise<TrainingJob> => {
    const job = await watchUntil(trainer.client, name);
    assert.equal(job.error, '');
    assert.equal(job.state, JobState.SUCCEEDED);
    return job;
  };
  const endsUndisturbed = async (name: string): Promise<TrainingJob> => {
    const job = await succeeded(name);
    const model = job.spec?.model ?? '';
    assert.equal(await weightsHash(place.registry, model, job.publishedVersion), undisturbed);
    assert.deepEqual((await (await openRegistry(place.registry)).model(model)).versions, [1]);
    return job;
  };
  const nextSequence = async (name: string, afterSequence: bigint): Promise<bigint> => {
    for await (const { sequence } of trainer.client.watchTrainingJob({ name, afterSequence })) return sequence;
    throw new Error('the watch ended without an update');
  };
  const startAgain = async () => {
    trainer = await startTrainer(place);
  };

  before(async () => {
    place = await makePlace();
    await writeFewDigits(join(place.data, 'few-digits'));
    trainer = await startTrainer(place);
    await succeeded(await create('undisturbed'));
    undisturbed = await weightsHash(place.registry, 'undisturbed', 1);
  });
  after(async () => {
    await trainer.terminate();
    await removePlace(place);
  });

  it('has other weights with another seed, so that equal ones mean something', async () => {
    const { name } = await trainer.client.createTrainingJob({ spec: { ...spec('another-seed'), seed: 8n } });
    await succeeded(name);
    assert.notEqual(await weightsHash(place.registry, 'another-seed', 1), undisturbed);
  });

  it('ends with the same weights when its process is killed again and again', async () => {
    const name = await create('process-killed');
    for (const step of [2, 6, 10]) {
      await checkpointAt(name, step);
      process.kill(await trainer.jobPid(name), 'SIGKILL');
    }
    assert.equal((await endsUndisturbed(name)).restarts, 3);
  });

  it('ends with the same weights when the service is killed, and its process stops by itself', async () => {
    const name = await create('service-killed');
    for (const step of [4, 8]) {
      await checkpointAt(name, step);
      const orphan = identifyProcess(await trainer.jobPid(name));
      const seen = await nextSequence(name, 0n);
      await trainer.kill();
      await untilGone(orphan);
      await startAgain();
      assert.ok((await nextSequence(name, seen)) > seen, 'a watcher continues where the killed service left it');
    }
    await endsUndisturbed(name);
  });

  it('ends with the same weights when the killed service left a process that does not stop', async () => {
    const name = await create('orphan-suspended');
    await checkpointAt(name, 6);
    const orphan = identifyProcess(await trainer.jobPid(name));
    process.kill(orphan.pid, 'SIGSTOP');
    await trainer.kill();
    await startAgain();
    await trainer.jobPid(name);
    assert.ok(!isAlive(orphan), 'it was ended before the next process was started');
    await endsUndisturbed(name);
  });

  it('ends with the same weights when the service is asked to stop', async () => {
    const name = await create('service-stopped');
    const waiting = await create('waiting');
    const watched = watchUntil(trainer.client, waiting, ended);
    const refusal = assert.rejects(watched, /UNAVAILABLE/);
    await checkpointAt(name, 6);
    assert.equal(await trainer.terminate(), 0);
    await refusal;
    await startAgain();
    assert.equal((await endsUndisturbed(name)).restarts, 0);
    await endsUndisturbed(waiting);
  });

  it('ends with the same weights when it is cancelled and resumed', async () => {
    const name = await create('resumed');
    await checkpointAt(name, 6);
    assert.equal((await trainer.client.cancelTrainingJob({ name })).state, JobState.CANCELLED);
    await trainer.client.resumeTrainingJob({ name });
    await endsUndisturbed(name);
    await assert.rejects(
      trainer.client.resumeTrainingJob({ name }),
      /FAILED_PRECONDITION: .*got one that is succeeded/,
    );
  });

  it('is the same job to a client that repeats its request, also after a restart', async () => {
    const request = { spec: spec('repeated'), requestId: 'nightly-1' };
    const { name } = await trainer.client.createTrainingJob(request);
    assert.equal((await trainer.client.createTrainingJob(request)).name, name);
    await trainer.kill();
    await startAgain();
    assert.equal((await trainer.client.createTrainingJob(request)).name, name);
    await assert.rejects(
      trainer.client.createTrainingJob({ ...request, spec: spec('other') }),
      /ALREADY_EXISTS: request_id: /,
    );
    await endsUndisturbed(name);
  });

  // What appears first in the model's directory is a temporary one; then the version itself.
  for (const [moment, appeared] of [
    ['begun', (file: string) => file.startsWith('.tmp-')],
    ['done', (file: string) => file === '1'],
  ] as const)
    it(`publishes once when everything is killed as publishing has ${moment}`, async () => {
      const model = `publishing-${moment}`;
      await mkdir(join(place.registry, model), { recursive: true });
      const watcher = watch(join(place.registry, model));
      const publishing = new Promise<void>((resolve) => {
        watcher.on('change', (_, file) => {
          if (appeared(String(file))) resolve();
        });
      });
      const name = await create(model);
      const pid = await trainer.jobPid(name);
      await publishing;
      killNow(pid);
      killNow(trainer.pid);
      watcher.close();
      await trainer.kill();
      const registry = await openRegistry(place.registry);
      const found = await registry.model(model).catch((error: unknown) => {
        // Killed before the first version was there; nothing else may go wrong.
        assert.equal((error as { kind?: string }).kind, 'not-found', String(error));
      });
      for (const version of found?.versions ?? []) await registry.load(model, version);

      await startAgain();
      await endsUndisturbed(name);
      assert.deepEqual((await registry.model(model)).aliases, { champion: 1 });
    });
});
