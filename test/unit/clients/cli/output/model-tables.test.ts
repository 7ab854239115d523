import assert from 'node:assert/strict';
import { modelsTable } from '../../../../../clients/cli/output/model-tables.js';
import type { ModelVersion } from '../../../../../clients/client/models.js';

describe('table of models', () => {
  const version = (number: number, state: ModelVersion['state'], stateReason: string): ModelVersion => ({
    name: 'digits',
    version: number,
    state,
    stateReason,
    aliases: [],
    inputShape: [],
    bounds: { lower: 0, upper: 0 },
    labels: [],
    norm: 'linf',
    maxDistance: 0,
  });

  it('says below why versions have failed', () => {
    const versions = [version(1, 'available', ''), version(2, 'failed', 'weights.bin: expected 3 bytes, got 2')];
    const lines = modelsTable([{ name: 'digits', versions, aliases: {} }])
      .trimEnd()
      .split('\n');
    assert.deepEqual(lines.slice(-2), ['', 'digits 2: weights.bin: expected 3 bytes, got 2']);
    assert.doesNotMatch(modelsTable([{ name: 'digits', versions: versions.slice(0, 1), aliases: {} }]), /digits 1:/);
  });
});
