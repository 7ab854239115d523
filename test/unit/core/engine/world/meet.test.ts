import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { meet, ranksOf } from '../../../../../core/engine/world/meet.js';
import type { Place } from '../../../../../core/engine/world/place.js';
import { eventually } from '../../../../support/eventually.js';
import { freePort } from '../../../../support/free-port.js';

describe('processes that meet', () => {
  let port: number;
  beforeEach(async () => {
    port = await freePort();
  });
  const place = (rank: number, size: number, own: Partial<Place> = {}): Place => ({
    ...{
      rank,
      size,
      localRank: rank,
      host: 'localhost',
      port,
      ownStore: true,
      prefix: 'maxmargin/0',
      timeoutMs: 30_000,
    },
    ...own,
  });
  /** A process that comes, and what it has heard. */
  const comes = (at: Place, signal?: AbortSignal) => {
    const heard: (readonly number[])[] = [];
    const met = meet({ place: at, ...(signal && { signal }), onWaiting: (ranks) => heard.push(ranks) });
    met.catch(() => undefined);
    return { heard, met };
  };

  it('wait for each other in any order, hear whom they wait for, and leave the port free', async () => {
    const second = comes(place(2, 3));
    await eventually(
      () => Promise.resolve(second.heard.length),
      (count) => count > 0,
    );
    assert.deepEqual(second.heard, [[0]]);
    const leader = comes(place(0, 3));
    await eventually(
      () => Promise.resolve(second.heard.length),
      (count) => count > 1,
    );
    assert.deepEqual(leader.heard, [[1, 2], [1]]);
    assert.deepEqual(second.heard, [[0], [1]]);
    const first = comes(place(1, 3));
    await Promise.all([leader.met, first.met, second.met]);
    const again = comes(place(0, 2));
    await Promise.all([again.met, comes(place(1, 2)).met]);
  });

  it('wait anew for one that goes away, and take no stranger for one that comes', async () => {
    const leader = comes(place(0, 3));
    const goes = new AbortController();
    const lost = comes(place(1, 3), goes.signal);
    await eventually(
      () => Promise.resolve(leader.heard.length),
      (count) => count === 2,
    );
    goes.abort();
    await assert.rejects(lost.met, { kind: 'cancelled' });
    await eventually(
      () => Promise.resolve(leader.heard.length),
      (count) => count === 3,
    );
    assert.deepEqual(leader.heard, [[1, 2], [2], [1, 2]]);
    for (const greeting of ['GET / HTTP/1.1\r\n\r\n', 'x'.repeat(100_000), 'maxmargin/0 -1 3\n', 'maxmargin/0 3 3\n']) {
      const stranger = connect(port, 'localhost').on('error', () => undefined);
      stranger.write(greeting);
      stranger.resume();
      await once(stranger, 'close');
    }
    assert.equal(leader.heard.length, 3);
    await Promise.all([leader.met, comes(place(1, 3)).met, comes(place(2, 3)).met]);
  });

  it('refuse one of another training, count or rank, and say so', async () => {
    const leader = comes(place(0, 3));
    const first = comes(place(1, 3));
    await eventually(
      () => Promise.resolve(leader.heard.length),
      (count) => count === 2,
    );
    const refused = (reason: RegExp) => ({ kind: 'failed-precondition', message: reason });
    await assert.rejects(comes(place(2, 4)).met, refused(/WORLD_SIZE: expected 3, as rank 0 has it, got 4$/));
    await assert.rejects(comes(place(1, 3)).met, refused(/another process is rank 1 of 3 already$/));
    await assert.rejects(comes(place(2, 3, { prefix: 'maxmargin/7' })).met, refused(/of maxmargin\/0, got one of/));
    await Promise.all([leader.met, first.met, comes(place(2, 3)).met]);
  });

  it('name those that do not come in time', async () => {
    const short = { timeoutMs: 300 };
    const absent = {
      kind: 'failed-precondition',
      message: `training: ranks 1, 2 of 3 did not come to localhost:${port} within 0.3 s`,
    };
    await assert.rejects(comes(place(0, 3, short)).met, absent);
    await assert.rejects(comes(place(1, 3, short)).met, { message: /^training: rank 0 of 3 did not come to / });
  });

  it('wait for nobody where torchrun started them', async () => {
    await meet({ place: place(1, 2, { ownStore: false }) });
    assert.equal(ranksOf([1], place(0, 2)), 'rank 1 of 2');
  });
});
