import assert from 'node:assert/strict';
import { decimal, integer, integers, numbers, shardSelection } from '../../../../clients/cli/option-types.js';

describe('option types', () => {
  it('take integers, lists and ranges of them, and numbers', () => {
    assert.equal(integer(1)('12'), 12);
    assert.deepEqual(integers(0)('3,5-7,0'), [3, 5, 6, 7, 0]);
    assert.equal(decimal(0)('1e-3'), 0.001);
    assert.deepEqual(numbers('0.1,8/255,2'), [0.1, 8 / 255, 2]);
    assert.deepEqual(shardSelection('2/5'), { index: 2, count: 5 });
  });

  it('refuse everything else, saying what they expected', () => {
    for (const text of ['', '1.5', '0x10', '-1', 'one', '9007199254740993']) {
      assert.throws(() => integer(0)(text), /Expected an integer of at least 0/, text);
    }
    for (const text of ['', ' ', '-0.1', 'NaN', 'Infinity', '1,5']) {
      assert.throws(() => decimal(0)(text), /Expected a number of at least 0/, text);
    }
    for (const text of ['', '0', '-1', '1/0', '8/', '1/2/3', '0.1,', 'x']) {
      assert.throws(() => numbers(text), /Expected positive numbers/, text);
    }
    for (const text of ['', '0/2', '3/2', '1', '1/2/3', '-1/2'])
      assert.throws(() => shardSelection(text), /Expected I\/N/, text);
    for (const text of ['7-5', '1,,2', '-', '1-2-x']) assert.throws(() => integers(0)(text), /Expected/, text);
  });
});
