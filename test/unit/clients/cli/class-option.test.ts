import assert from 'node:assert/strict';
import { classesNamed, classNamed } from '../../../../clients/cli/class-option.js';

const ANIMALS = ['ant', 'cat', 'great white, shark'];
const DIGITS = ['0', '1', '2', '3'];
/** As folders that are called from 1 are numbered from 0. */
const SHIFTED = ['1', '2', '3'];

describe('classes in options', () => {
  it('are names or numbers from 0', () => {
    assert.deepEqual(classesNamed('--label', 'cat,0,ant', ANIMALS), [1, 0, 0]);
    assert.deepEqual(classesNamed('--label', '3,0-2', DIGITS), [3, 0, 1, 2]);
    assert.equal(classNamed('--target', 'cat', ANIMALS), 1);
    assert.equal(classNamed('--target', 'great white, shark', ANIMALS), 2);
    assert.equal(classNamed('--target', '2', ANIMALS), 2);
    assert.equal(classNamed('--target', '3', SHIFTED), 2);
  });

  it('are refused where a name is the number of another class, unless # says which', () => {
    assert.throws(() => classNamed('--target', '1', SHIFTED), {
      message: '--target: 1 is the name of class 0 and the number of 2: write #0 or #1',
      exitCode: 2,
    });
    assert.deepEqual(classesNamed('--label', '#0,#1', SHIFTED), [0, 1]);
  });

  for (const [text, classes, message] of [
    [
      'cta',
      ANIMALS,
      /^--label: expected one of ant, cat, great white, shark \(did you mean cat\?\), or a number from 0 to 2, got cta$/,
    ],
    ['3', ANIMALS, /or a number from 0 to 2, got 3$/],
    ['4', DIGITS, /^--label: expected a number from 0 to 3, got 4$/],
    ['0-4', DIGITS, /got 0-4$/],
    ['2-1', DIGITS, /got 2-1$/],
    ['-1', DIGITS, /got -1$/],
    ['', DIGITS, /got $/],
    ['1.5', DIGITS, /got 1\.5$/],
    ['#x', ANIMALS, /got #x$/],
  ] as const)
    it(`refuse ${JSON.stringify(text)} of ${classes.length} classes`, () => {
      assert.throws(() => classesNamed('--label', text, classes), { message, exitCode: 2 });
    });
});
