import assert from 'node:assert/strict';
import { matchClasses, withClasses } from '../../../../trainer/data/match-classes.js';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
const match = (from: readonly string[], to: readonly string[]) =>
  matchClasses({ title: 'data set a', classes: from }, { title: 'model b', classes: to });

describe('classes of a data set and of a model', () => {
  it('are matched by name, in any order, also if the data set has fewer', () => {
    assert.deepEqual(match(['cat', 'dog'], ['dog', 'ant', 'cat']), [2, 0]);
    assert.deepEqual(match(['3', '7'], numbers(10)), [3, 7]);
  });

  it('are matched by number where one side has no names', () => {
    assert.deepEqual(match(numbers(2), ['cat', 'dog', 'ant']), [0, 1]);
    assert.deepEqual(match(['cat', 'dog'], numbers(2)), [0, 1]);
  });

  it('are refused with both lists where a name is not known, or names meet more numbers', () => {
    const message = 'the classes of data set a are not those of model b: ant, cat (2) and cat, dog (2)';
    assert.throws(() => match(['ant', 'cat'], ['cat', 'dog']), { kind: 'invalid-input', message });
    assert.throws(() => match(['cat', 'dog'], numbers(3)), { kind: 'invalid-input' });
    assert.throws(() => match(numbers(3), ['cat', 'dog']), { kind: 'invalid-input' });
  });

  it('label the examples anew', () => {
    const examples = { count: 3, images: new Uint8Array(3), labels: Uint8Array.of(0, 1, 0) };
    assert.deepEqual([...withClasses(examples, [2, 0]).labels], [2, 0, 2]);
    assert.equal(withClasses(examples, [0, 1]), examples);
  });
});
