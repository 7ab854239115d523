import assert from 'node:assert/strict';
import { duration } from '../../../../../clients/cli/output/figures.js';
import { formatFields, formatTable } from '../../../../../clients/cli/output/table.js';

describe('tables', () => {
  it('align text on the left and numbers on the right, without trailing blanks', () => {
    const columns = [{ title: 'model' }, { title: 'version', numeric: true }, { title: 'state' }];
    const rows = [
      ['digits', '12', 'ready'],
      ['a', '3', ''],
    ];
    assert.equal(
      formatTable(columns, rows),
      ['model   version  state', '──────  ───────  ─────', 'digits       12  ready', 'a             3'].join('\n'),
    );
    assert.equal(
      formatFields([
        ['a', '1'],
        ['long', ''],
      ]),
      'a     1\nlong',
    );
  });

  it('write durations as a clock does', () => {
    assert.deepEqual([0, 59.6, 61, 3600, 36_061].map(duration), ['0:00', '1:00', '1:01', '1:00:00', '10:01:01']);
    assert.equal(duration(Infinity), '–');
  });
});
