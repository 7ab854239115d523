import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../../../trainer/jobs/job.js';
import { createJobFeed } from '../../../../trainer/jobs/job-feed.js';
import type { JobFeed } from '../../../../trainer/jobs/job-feed.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { openJobStore } from '../../../../trainer/jobs/job-store.js';
import type { JobStore } from '../../../../trainer/jobs/job-store.js';

describe('job feed', () => {
  let root: string;
  let store: JobStore;
  let feed: JobFeed;
  let name: string;
  const forever = new AbortController().signal;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'maxmargin-feed-'));
    store = await openJobStore(root);
    feed = createJobFeed(store, 4);
    ({ name } = await store.create(completeSpec({ model: 'm' }), ''));
  });
  afterEach(() => rm(root, { recursive: true, maxRetries: 10 }));

  const restarts = async (jobs: AsyncIterable<Job>): Promise<number[]> => {
    const seen: number[] = [];
    for await (const job of jobs) seen.push(job.restarts);
    return seen;
  };
  const next = async (jobs: AsyncGenerator<Job, void>): Promise<Job | undefined> =>
    (await jobs.next()).value ?? undefined;

  it('gives the job as it stands, then each change, and ends with the job', async () => {
    const watch = feed.watch(name, 0, forever);
    assert.equal((await next(watch))?.state, 'queued');
    for (let i = 1; i <= 3; i++) {
      const pending = next(watch);
      store.change(name, { restarts: i });
      assert.equal((await pending)?.restarts, i);
    }
    const last = next(watch);
    store.change(name, { state: 'failed' });
    assert.equal((await last)?.state, 'failed');
    assert.equal(await next(watch), undefined);
  });

  it('gives a slow watcher the newest and keeps nothing for it', async () => {
    const watch = feed.watch(name, 0, forever);
    await watch.next();
    for (let i = 1; i <= 1000; i++) store.change(name, { restarts: i });
    assert.equal((await next(watch))?.restarts, 1000);
    store.change(name, { state: 'cancelled' });
    assert.deepEqual(await restarts(watch), [1000]);
  });

  it('replays what came after a sequence, as far as it is known', async () => {
    for (let i = 1; i <= 6; i++) store.change(name, { restarts: i });
    const { sequence } = store.get(name);
    const replay = async (after: number, count: number) => {
      const watch = feed.watch(name, after, forever);
      return Promise.all(Array.from({ length: count }, async () => (await next(watch))?.restarts));
    };
    assert.deepEqual(await replay(sequence - 2, 2), [5, 6]);
    assert.deepEqual(await replay(1, 4), [3, 4, 5, 6], 'only the last four are known');
    assert.deepEqual(await replay(0, 1), [6], 'from now');
    assert.deepEqual(await replay(sequence + 500, 1), [6], 'a sequence that has not been');
  });

  it('waits for a change if nothing came after the sequence', async () => {
    store.change(name, { restarts: 1 });
    const watch = feed.watch(name, store.get(name).sequence, forever);
    const pending = next(watch);
    store.change(name, { restarts: 2 });
    assert.equal((await pending)?.restarts, 2);
  });

  it('gives a job that has ended once', async () => {
    store.change(name, { state: 'failed', restarts: 9 });
    for (const after of [0, store.get(name).sequence, 1])
      assert.deepEqual(await restarts(feed.watch(name, after, forever)), [9]);
  });

  it('stops when the watcher goes', async () => {
    const gone = new AbortController();
    const watch = feed.watch(name, 0, gone.signal);
    await watch.next();
    const pending = watch.next();
    gone.abort();
    assert.equal((await pending).done, true);
  });

  it('serves many watchers', async () => {
    const watches = Array.from({ length: 100 }, () => restarts(feed.watch(name, 0, forever)));
    store.change(name, { restarts: 5 });
    store.change(name, { state: 'succeeded' });
    for (const seen of await Promise.all(watches)) assert.equal(seen.at(-1), 5);
  });

  it('refuses an unknown job', async () => {
    await assert.rejects(feed.watch('job-1', 0, forever).next(), /name: expected a job/);
  });
});
