import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError } from '../../../../core/errors.js';
import type { ErrorKind } from '../../../../core/errors.js';
import type { Job } from '../../../../trainer/jobs/job.js';
import { createJobQueue } from '../../../../trainer/jobs/job-queue.js';
import type { JobOutcome, JobQueue, JobQueueOptions } from '../../../../trainer/jobs/job-queue.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { openJobStore } from '../../../../trainer/jobs/job-store.js';
import type { JobStore } from '../../../../trainer/jobs/job-store.js';

const spec = completeSpec({ model: 'm' });
const done: JobOutcome = { kind: 'succeeded', publishedVersion: 1 };

describe('job queue', () => {
  let root: string;
  let store: JobStore;
  let queue: JobQueue;
  /** What runs, in the order in which it began, and how to end it. */
  let runs: { readonly name: string; readonly end: (outcome: JobOutcome) => void; stops: number }[];
  let fenced: string[];

  /** What a test does not wait for may still be on its way to the disk. */
  const settle = () => Promise.all(store.list().map(({ name }) => store.save(name)));
  const open = async (options: Partial<JobQueueOptions> = {}) => {
    store = await openJobStore(root);
    runs = [];
    fenced = [];
    queue = createJobQueue({
      store,
      maxRunning: 1,
      maxQueued: 3,
      run: (job) => {
        let stop: () => void;
        const outcome = new Promise<JobOutcome>((end) => {
          const run = { name: job.name, end, stops: 0 };
          runs.push(run);
          stop = () => {
            run.stops++;
          };
        });
        return {
          outcome,
          stop: () => {
            stop();
          },
        };
      },
      fence: (job) => Promise.resolve(void fenced.push(job.name)),
      onSaveFailed: (_, error) => {
        throw error;
      },
      ...options,
    });
    await queue.start();
  };
  const create = async (): Promise<string> => (await queue.create(spec, '')).name;
  /** The job once it has changed into a state. */
  const reached = (name: string, state: Job['state']): Promise<void> =>
    new Promise((resolve) => {
      if (store.get(name).state === state) resolve();
      const stop = store.listen((job) => {
        if (job.name !== name || job.state !== state) return;
        stop();
        resolve();
      });
    });
  const refused = (promise: Promise<unknown>, kind: ErrorKind, message: RegExp) =>
    assert.rejects(
      promise,
      (error) => error instanceof DomainError && error.kind === kind && message.test(error.message),
    );

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'maxmargin-queue-'));
    await open();
  });
  afterEach(async () => {
    await settle();
    await rm(root, { recursive: true, maxRetries: 10 });
  });

  it('runs one job after the other, in order, and says how many are before each', async () => {
    const names = [await create(), await create(), await create()];
    assert.deepEqual(
      names.map((name) => store.get(name).state),
      ['running', 'queued', 'queued'],
    );
    assert.deepEqual(
      names.map((name) => queue.position(name)),
      [0, 0, 1],
    );
    for (const [i, name] of names.entries()) {
      await reached(name, 'running');
      assert.equal(runs[i]?.name, name);
      assert.equal(runs.length, i + 1);
      runs[i].end(done);
      await reached(name, 'succeeded');
    }
  });

  it('tells watchers of waiting jobs when they move up', async () => {
    const [, second, third] = [await create(), await create(), await create()];
    const before = store.get(third).sequence;
    await queue.cancel(second);
    assert.equal(queue.position(third), 0);
    assert.ok(store.get(third).sequence > before);
  });

  it('runs as many at a time as it may', async () => {
    await open({ maxRunning: 2 });
    await create();
    await create();
    await create();
    assert.equal(runs.length, 2);
  });

  it('is bounded', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 6 }, create));
    assert.deepEqual(
      attempts.map(({ status }) => status),
      [...Array<string>(4).fill('fulfilled'), 'rejected', 'rejected'],
    );
    await refused(create(), 'exhausted', /queue full: 3 jobs are already waiting/);
    const first = runs[0]?.name ?? '';
    runs[0]?.end(done);
    await Promise.race(
      store
        .list()
        .filter(({ name }) => name !== first)
        .map(({ name }) => reached(name, 'running')),
    );
    await create();
  });

  it('answers a repeated request with the same job, also after a restart', async () => {
    const first = await Promise.all([queue.create(spec, 'r'), queue.create(spec, 'r')]);
    assert.equal(first[0].name, first[1].name);
    const other = completeSpec({ model: 'm', steps: 5 });
    await refused(queue.create(other, 'r'), 'already-exists', /request_id: expected the spec that it came with first/);
    await settle();
    await open();
    assert.equal((await queue.create(spec, 'r')).name, first[0].name);
    assert.equal(store.list().length, 1);
  });

  it('cancels a job that waits at once', async () => {
    await create();
    const name = await create();
    assert.equal((await queue.cancel(name)).state, 'cancelled');
    assert.equal((await openJobStore(root)).get(name).state, 'cancelled');
    await refused(
      queue.cancel(name),
      'failed-precondition',
      /expected a queued or running job, got one that is cancelled/,
    );
  });

  it('answers a cancellation when the job has stopped', async () => {
    const name = await create();
    const cancelled = queue.cancel(name);
    await store.save(name);
    assert.equal(store.get(name).state, 'running');
    setImmediate(() => runs[0]?.end({ kind: 'stopped' }));
    assert.equal((await cancelled).state, 'cancelled');
    assert.equal(runs[0]?.stops, 1);
  });

  it('says so when the job was published before it could be stopped', async () => {
    const name = await create();
    const cancelled = queue.cancel(name);
    runs[0]?.end(done);
    await refused(cancelled, 'failed-precondition', /got one that is succeeded/);
  });

  it('keeps a reason for a failure, and queues the job again when asked', async () => {
    const name = await create();
    runs[0]?.end({ kind: 'failed', error: 'it broke' });
    await reached(name, 'failed');
    assert.equal(store.get(name).error, 'it broke');
    const other = await create();
    assert.equal((await queue.resume(name)).state, 'queued');
    assert.equal(store.get(name).error, '');
    assert.equal(store.get(name).endTime, undefined);
    await refused(
      queue.resume(other),
      'failed-precondition',
      /expected a cancelled or failed job, got one that is running/,
    );
  });

  it('continues after a restart what ran and what waited, in order', async () => {
    const names = [await create(), await create(), await create()];
    await store.save(names[0] ?? '');
    await open();
    assert.deepEqual(fenced, [names[0]]);
    assert.deepEqual(
      runs.map(({ name }) => name),
      [names[0]],
    );
    assert.deepEqual(
      names.map((name) => queue.position(name)),
      [0, 0, 1],
    );
  });

  it('does not continue a job whose cancellation was under way', async () => {
    const name = await create();
    void queue.cancel(name);
    await store.save(name);
    await open();
    assert.deepEqual(fenced, [name]);
    assert.equal(store.get(name).state, 'cancelled');
    assert.equal(runs.length, 0);
  });

  it('drains: stops what runs, starts nothing, takes nothing, and the next service continues', async () => {
    const names = [await create(), await create()];
    const drained = queue.drain();
    assert.equal(runs[0]?.stops, 1);
    await refused(create(), 'unavailable', /shutting down/);
    runs[0].end({ kind: 'stopped' });
    await drained;
    assert.equal(runs.length, 1);
    await open();
    assert.deepEqual(
      runs.map(({ name }) => name),
      [names[0]],
    );
    assert.equal(store.get(names[1] ?? '').state, 'queued');
  });
});
