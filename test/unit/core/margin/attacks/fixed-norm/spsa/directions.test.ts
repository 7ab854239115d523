import assert from 'node:assert/strict';
import { createSignDirections } from '../../../../../../../core/margin/attacks/fixed-norm/spsa/directions.js';
import { createRandom } from '../../../../../../../core/random.js';

/** The next directions of some values. */
const next = (source: ReturnType<typeof createSignDirections>, size: number, count: number): Float32Array[] =>
  Array.from({ length: count }, () => {
    const values = new Float32Array(size);
    source.write(values, 0);
    return values;
  });

describe('directions of signs', () => {
  it('are orthogonal within a turn, and others in the next', () => {
    const size = 64;
    const source = createSignDirections(createRandom(1), size);
    const turn = next(source, size, size);
    for (const [i, a] of turn.entries()) {
      assert.ok(a.every((value) => Math.abs(value) === 1));
      for (const [j, b] of turn.entries()) {
        assert.equal(
          a.reduce((sum, value, k) => sum + value * b[k]!, 0),
          i === j ? size : 0,
        );
      }
    }
    assert.notDeepEqual(next(source, size, size), turn);
  });

  it('measure a gradient exactly in a turn, whatever the number of values', () => {
    const size = 36;
    const random = createRandom(2);
    const gradient = Array.from({ length: size }, () => random.normal());
    const turn = next(createSignDirections(random, size), size, 64);
    for (const [k, value] of gradient.entries()) {
      const slopes = turn.map((signs) => signs.reduce((sum, sign, i) => sum + sign * gradient[i]!, 0));
      const measured = turn.reduce((sum, signs, row) => sum + slopes[row]! * signs[k]!, 0) / turn.length;
      assert.ok(Math.abs(measured - value) < 1e-6, `${measured}, ${value}`);
    }
  });
});
