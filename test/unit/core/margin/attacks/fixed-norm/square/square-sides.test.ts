import assert from 'node:assert/strict';
import { squareSide } from '../../../../../../../core/margin/attacks/fixed-norm/square/square-sides.js';

const ANY = { smallestSide: 1, oddSides: false };
const ODD = { smallestSide: 3, oddSides: true };

describe('sides of squares', () => {
  it('cover 0.8 of an image at first, and half as much after each of the published iterations of 10,000', () => {
    const sides = [0, 10, 11, 50, 51, 200, 201, 9000].map((index) => squareSide(index, 10_000, 28, 28, ANY));
    // √(0.8 · 784) = 25.04, √(0.4 · 784) = 17.7, √(0.2 · 784) = 12.5, √(0.1 · 784) = 8.9; √(0.8 · 784 / 512) = 1.1
    assert.deepEqual(sides, [25, 25, 18, 18, 13, 13, 9, 1]);
  });

  it('follow the same schedule in a run of any length', () => {
    for (const index of [0, 3, 77, 499]) {
      assert.equal(squareSide(index, 500, 32, 32, ANY), squareSide(index * 20, 10_000, 32, 32, ANY));
    }
  });

  it('fit into the image, and are not smaller than a move can use', () => {
    assert.equal(squareSide(0, 100, 4, 40, ANY), 4);
    assert.equal(squareSide(99, 100, 28, 28, ODD), 3);
    assert.equal(squareSide(99, 100, 2, 2, ODD), 2);
  });

  it('are odd for bumps, which have a middle', () => {
    const sides = [0, 11, 51, 201, 501, 1001, 9000].map((index) => squareSide(index, 10_000, 28, 28, ODD));
    // As above, 25.04, 17.7, 12.5, 8.9, then 6.3, 4.4 and at least 3; 18, 6 and 4 are made one larger.
    assert.deepEqual(sides, [25, 19, 13, 9, 7, 5, 3]);
  });
});
