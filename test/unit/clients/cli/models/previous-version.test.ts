import assert from 'node:assert/strict';
import type { ModelVersion } from '../../../../../clients/client/models.js';
import { previousVersion } from '../../../../../clients/cli/models/previous-version.js';

const version = (number: number, parentVersion?: number): ModelVersion => ({
  name: 'digits',
  version: number,
  state: 'available',
  stateReason: '',
  aliases: [],
  inputShape: [28, 28, 1],
  bounds: { lower: 0, upper: 1 },
  labels: [],
  norm: 'linf',
  maxDistance: 0.45,
  manifest: parentVersion === undefined ? {} : { parentVersion },
});
const model = (...numbers: number[]) => ({
  name: 'digits',
  versions: numbers.map((number) => version(number)),
  aliases: {},
});

describe('previous version', () => {
  it('is the champion at the time of publication, so that a version that failed is skipped', () => {
    assert.equal(previousVersion(model(1, 2, 3, 4), version(4, 2)), 2);
  });

  it('is the next lower one where that is not known, or was deleted', () => {
    assert.equal(previousVersion(model(1, 3, 5), version(5)), 3);
    assert.equal(previousVersion(model(1, 3, 5), version(5, 4)), 3);
  });

  it('is none for the first version', () => {
    assert.equal(previousVersion(model(2, 3), version(2)), undefined);
  });
});
