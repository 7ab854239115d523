import assert from 'node:assert/strict';
import { radiusTable } from '../../../../trainer/mma/radius-table.js';

describe('radius table', () => {
  it('starts a search at the last radius, at least at the smallest', () => {
    const table = radiusTable(new Float32Array(4), 0.125);
    assert.deepEqual([...table.startRadii(Uint32Array.of(2, 0))], [0.125, 0.125]);
    table.record(Uint32Array.of(2, 0, 3), Float32Array.of(0.25, 0.0625, 0));
    assert.deepEqual([...table.radii], [0.0625, 0, 0.25, 0]);
    assert.deepEqual([...table.startRadii(Uint32Array.of(0, 1, 2, 3))], [0.125, 0.125, 0.25, 0.125]);
  });
});
