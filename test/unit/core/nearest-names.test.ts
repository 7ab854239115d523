import assert from 'node:assert/strict';
import { nearest, nearestNames, oneOf } from '../../../core/nearest-names.js';

const NAMES = ['digits', 'fashion', 'mnist'];

describe('the names that are nearest to one that is not known', () => {
  it('are sorted by the edits that they take', () => {
    assert.deepEqual(nearestNames('mnits', NAMES), ['mnist', 'digits', 'fashion']);
  });

  it('hold what was probably meant, if a few letters make it', () => {
    assert.equal(nearest('mnits', NAMES), 'mnist');
    assert.equal(nearest('digit', NAMES), 'digits');
    assert.equal(nearest('cifar10', NAMES), undefined);
    assert.equal(nearest('a', ['b']), 'b');
    assert.equal(nearest('x', []), undefined);
  });

  it('are all in what a message expects, and the one that was meant', () => {
    assert.equal(oneOf(NAMES, 'mnits'), 'one of digits, fashion, mnist (did you mean mnist?)');
    assert.equal(oneOf(NAMES, 'cifar10'), 'one of digits, fashion, mnist');
    assert.equal(oneOf(['digits'], 'cifar10'), 'digits, the only one there is');
  });

  it('are twenty of many, the nearest first', () => {
    const many = Array.from({ length: 50 }, (_, i) => `model-${i}`);
    const text = oneOf(many, 'model-49x');
    assert.match(text, /^one of model-49, .* and 30 others \(did you mean model-49\?\)$/);
  });

  it('take no long time for a name of megabytes', () => {
    assert.equal(nearest('x'.repeat(10 ** 7), ['y'.repeat(10 ** 7)]), undefined);
  });
});
