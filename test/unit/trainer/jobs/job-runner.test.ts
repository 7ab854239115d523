import assert from 'node:assert/strict';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../../../../trainer/jobs/job.js';
import type { RunningJob } from '../../../../trainer/jobs/job-queue.js';
import { createJobRunner } from '../../../../trainer/jobs/job-runner.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { openJobStore } from '../../../../trainer/jobs/job-store.js';
import type { JobStore } from '../../../../trainer/jobs/job-store.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

describe('job runner', () => {
  let store: JobStore;
  let job: Job;
  let pids: (number | undefined)[];
  let deaths: string[];
  const begun: RunningJob[] = [];

  afterEach(async () => {
    for (const running of begun.splice(0)) {
      running.stop();
      await running.outcome;
    }
  });
  // Its hooks come after the one above: what runs is ended before its directory is removed.
  const root = temporaryDirectory();

  const create = async (behaviour: string): Promise<void> => {
    store = await openJobStore(join(root(), behaviour));
    job = await store.create(completeSpec({ model: behaviour }), '');
  };
  const start = (stopGraceMs = 10_000): RunningJob => {
    pids = [];
    deaths = [];
    const running = createJobRunner({
      store,
      engine: 'wasm',
      registryRoot: '',
      dataRoot: '',
      stopGraceMs,
      maxRestarts: 2,
      entry: new URL('./fake-job.js', import.meta.url),
      observer: {
        started: (_, pid) => pids.push(pid),
        died: (_, reason) => deaths.push(reason),
        reported: () => undefined,
        printed: () => undefined,
      },
    })(job);
    begun.push(running);
    return running;
  };
  const run = async (behaviour: string, stopGraceMs?: number): Promise<RunningJob> => {
    await create(behaviour);
    return start(stopGraceMs);
  };
  const progressed = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = store.listen(({ progress }) => {
        if (progress === undefined) return;
        stop();
        resolve();
      });
    });
  const gone = (pid: number | undefined) => {
    assert.throws(() => process.kill(pid ?? 0, 0), { code: 'ESRCH' });
  };

  it('passes on how the job ended, and its progress with numbers that JSON lacks', async () => {
    const running = await run('succeeds');
    assert.deepEqual(await running.outcome, { kind: 'succeeded', publishedVersion: 4 });
    assert.equal(store.get(job.name).progress?.step, 1);
    assert.ok(Number.isNaN(store.get(job.name).progress?.cleanLoss));
    gone(pids[0]);
  });

  it('does not start a job again that says why it failed', async () => {
    const running = await run('fails');
    assert.deepEqual(await running.outcome, { kind: 'failed', error: 'train-images: expected 16 bytes, got 3' });
    assert.equal(pids.length, 1);
  });

  it('starts a process again that dies, a bounded number of times, and says how it died', async () => {
    const outcome = await (await run('dies')).outcome;
    assert.equal(pids.length, 3);
    assert.equal(store.get(job.name).restarts, 2);
    assert.deepEqual(outcome, {
      kind: 'failed',
      error:
        'the training process died 3 times in a row without writing a checkpoint; it ended with exit code 3; the last it printed: first words | last words',
    });
  });

  it('names the signal that ended a process', async () => {
    await (
      await run('is-killed')
    ).outcome;
    assert.equal(deaths[0], 'was ended by SIGKILL');
  });

  it('starts a process again for as long as checkpoints are written', async () => {
    const running = await run('checkpoints-and-dies');
    await new Promise<void>((resolve) => {
      store.listen(({ restarts }) => {
        if (restarts === 4) resolve();
      });
    });
    running.stop();
    assert.deepEqual(await running.outcome, { kind: 'stopped' });
  });

  it('stops a process', async () => {
    const running = await run('works');
    await progressed();
    running.stop();
    running.stop();
    assert.deepEqual(await running.outcome, { kind: 'stopped' });
    gone(pids[0]);
  });

  it('stops a process that has not begun yet', async () => {
    const running = await run('works-never');
    running.stop();
    assert.deepEqual(await running.outcome, { kind: 'stopped' });
  });

  it('kills a process that does not stop within the grace', async () => {
    const running = await run('ignores-stop', 100);
    await progressed();
    running.stop();
    assert.deepEqual(await running.outcome, { kind: 'stopped' });
    gone(pids[0]);
  });

  it('kills a process that does not go after its end', async () => {
    assert.deepEqual(await (await run('ends-and-hangs', 100)).outcome, { kind: 'succeeded', publishedVersion: 5 });
    gone(pids[0]);
  });

  it('writes down whose the job is, and removes what a killed process had begun to write', async () => {
    const running = await run('works-again');
    const directory = store.directory(job.name);
    await progressed();
    const owner = JSON.parse(await readFile(join(directory, 'owner.json'), 'utf8')) as Record<string, unknown>;
    assert.equal(owner.pid, pids[0]);
    running.stop();
    await running.outcome;

    await writeFile(join(directory, '.tmp-1-aa'), 'half a checkpoint');
    const again = start();
    await progressed();
    again.stop();
    await again.outcome;
    assert.deepEqual((await readdir(directory)).sort(), ['job.json', 'owner.json']);
  });

  it('reports a job whose directory is gone as failed', async () => {
    await create('works-lost');
    await rm(store.directory(job.name), { recursive: true });
    const outcome = await start().outcome;
    assert.equal(outcome.kind, 'failed');
    assert.match(outcome.error, /ENOENT/);
  });
});
