import assert from 'node:assert/strict';
import { placeIn } from '../../../../../core/engine/world/place.js';

const TORCHRUN = { WORLD_SIZE: '4', RANK: '3', LOCAL_RANK: '1', MASTER_ADDR: 'node-0', MASTER_PORT: '29500' };

describe('the place of a process among those that train together', () => {
  it('is what the variables of torchrun say', () => {
    assert.deepEqual(placeIn(TORCHRUN, 5000), {
      ...{ rank: 3, size: 4, localRank: 1, host: 'node-0', port: 29500 },
      ...{ ownStore: true, prefix: 'maxmargin/0', timeoutMs: 5000 },
    });
  });

  it('is nowhere without a world, or in a world of one', () => {
    assert.equal(placeIn({}, 1), undefined);
    assert.equal(placeIn({ WORLD_SIZE: '' }, 1), undefined);
    assert.equal(placeIn({ WORLD_SIZE: '1', RANK: '0' }, 1), undefined);
  });

  it('uses the meeting point that torchrun keeps, apart for each restart', () => {
    const place = placeIn({ ...TORCHRUN, TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '2' }, 1);
    assert.equal(place?.ownStore, false);
    assert.equal(place.prefix, 'maxmargin/2');
  });

  for (const [name, value, expected] of [
    ['WORLD_SIZE', 'two', 'WORLD_SIZE: expected an integer from 1 to 65536, got "two"'],
    ['WORLD_SIZE', '0', 'WORLD_SIZE: expected an integer from 1 to 65536, got "0"'],
    ['RANK', '4', 'RANK: expected an integer from 0 to 3, got "4"'],
    ['RANK', undefined, 'RANK: expected an integer from 0 to 3, got nothing'],
    ['MASTER_PORT', '70000', 'MASTER_PORT: expected an integer from 1 to 65535, got "70000"'],
    ['MASTER_ADDR', undefined, 'MASTER_ADDR: expected the host of rank 0, since WORLD_SIZE is 4, got nothing'],
  ] as const)
    it(`refuses ${name} ${value ?? 'that is not there'}`, () => {
      assert.throws(() => placeIn({ ...TORCHRUN, [name]: value }, 1), { kind: 'invalid-input', message: expected });
    });
});
