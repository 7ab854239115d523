import assert from 'node:assert/strict';
import { createJobQueue } from '../../../../server/predictor/job-queue.js';

/** A queue over so many places, and jobs that end when they are told to. */
function queueOver(places: number, maxWaiting: number) {
  let free = places;
  const waits: number[] = [];
  const queue = createJobQueue<string>({
    maxWaiting,
    take: () => (free > 0 ? `place ${free--}` : undefined),
    giveBack: () => {
      free++;
    },
    onStart: (seconds) => waits.push(seconds),
  });
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const job = (name: string) => () => {
    started.push(name);
    return new Promise<string>((resolve) => {
      finish.set(name, () => {
        resolve(name);
      });
    });
  };
  const { signal } = new AbortController();
  return { queue, started, waits, finish, run: (name: string, until = signal) => queue.run(job(name), until) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('job queue', () => {
  it('runs as many jobs as there are places, the others in the order they came', async () => {
    const { queue, started, waits, finish, run } = queueOver(1, 10);
    const results = ['a', 'b', 'c'].map((name) => run(name));
    await settled();
    assert.deepEqual([started, queue.waiting], [['a'], 2]);
    finish.get('a')?.();
    await settled();
    assert.deepEqual(started, ['a', 'b']);
    finish.get('b')?.();
    await settled();
    finish.get('c')?.();
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c']);
    assert.equal(waits.length, 3);
  });

  it('refuses what is more than may wait', async () => {
    const { finish, run } = queueOver(1, 1);
    const [first, second] = [run('a'), run('b')];
    await assert.rejects(run('c'), { kind: 'exhausted' });
    await settled();
    finish.get('a')?.();
    await first;
    await settled();
    finish.get('b')?.();
    assert.equal(await second, 'b');
  });

  it('runs a job without waiting even where none may wait', async () => {
    const { finish, run } = queueOver(1, 0);
    const only = run('a');
    await settled();
    finish.get('a')?.();
    assert.equal(await only, 'a');
  });

  it('lets a job leave that is cancelled while it waits', async () => {
    const { queue, started, finish, run } = queueOver(1, 10);
    const abort = new AbortController();
    const [first, second, third] = [run('a'), run('b', abort.signal), run('c')];
    abort.abort();
    await assert.rejects(second, { kind: 'cancelled' });
    assert.equal(queue.waiting, 1);
    await settled();
    finish.get('a')?.();
    await first;
    await settled();
    assert.deepEqual(started, ['a', 'c']);
    finish.get('c')?.();
    await third;
    await assert.rejects(run('d', abort.signal), { kind: 'cancelled' });
  });

  it('gives the place back when a job fails', async () => {
    const { queue } = queueOver(1, 10);
    const { signal } = new AbortController();
    await assert.rejects(
      queue.run(() => Promise.reject(new Error('broken')), signal),
      /broken/,
    );
    assert.equal(await queue.run((place) => Promise.resolve(place), signal), 'place 1');
  });

  it('refuses all that wait, when there is nothing to wait for', async () => {
    const { queue, run } = queueOver(0, 10);
    const waiting = [run('a'), run('b')];
    queue.refuseAll(new Error('nobody comes'));
    for (const each of waiting) await assert.rejects(each, /nobody comes/);
    assert.equal(queue.waiting, 0);
  });
});
