import assert from 'node:assert/strict';
import { dispose, squeeze, tensor1d, tensor4d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../../../../core/engine/open-engine.js';
import { l1Moves } from '../../../../../../../core/margin/attacks/fixed-norm/square/l1-moves.js';
import { l2Moves } from '../../../../../../../core/margin/attacks/fixed-norm/square/l2-moves.js';
import { linfMoves } from '../../../../../../../core/margin/attacks/fixed-norm/square/linf-moves.js';
import type {
  ImageShape,
  SquareMoves,
} from '../../../../../../../core/margin/attacks/fixed-norm/square/square-moves.js';
import { createRandom } from '../../../../../../../core/random.js';
import { assertClose } from '../../../../../../support/close.js';
import { TEST_ENGINE } from '../../../../../../support/test-engine.js';

/** So wide that nothing is clipped. */
const BOUNDS = { lower: -10, upper: 10 };
const RADIUS = 0.5;
const SHAPE: ImageShape = [9, 7, 2];
const [, WIDTH, CHANNELS] = SHAPE;

const lengthOf = (moves: SquareMoves): ((...values: number[]) => number) =>
  moves === l1Moves ? (...values) => values.reduce((total, value) => total + Math.abs(value), 0) : Math.hypot;

/** The nearest point of an ℓ1 ball, by sorting (Duchi et al. 2008, Fig. 1). */
function shrunk(values: readonly number[], radius: number): number[] {
  const sizes = values.map(Math.abs).sort((a, b) => b - a);
  let [sum, threshold] = [0, 0];
  for (const [index, size] of sizes.entries()) {
    sum += size;
    if (size > (sum - radius) / (index + 1)) threshold = Math.max(0, (sum - radius) / (index + 1));
  }
  return values.map((value) => Math.sign(value) * Math.max(Math.abs(value) - threshold, 0));
}

describe('moves of Square', () => {
  before(async () => {
    await openEngine(TEST_ENGINE);
  });

  /** δ before and after one query, the draws on the host, and where the windows lie. */
  const moved = (moves: SquareMoves, seed: number, side: number) => {
    const random = createRandom(seed);
    const before = moves.start(random, SHAPE);
    const length = (moves === linfMoves ? 1 : lengthOf(moves)(...before)) / RADIUS;
    const scaled = before.map((value) => value / length);
    const drawn = moves.draw([random], [side], SHAPE);
    const [read, after] = [{} as Record<string, Float32Array>, [] as number[]];
    for (const [name, values] of Object.entries(drawn)) read[name] = values.dataSync() as Float32Array;
    tidy(() => {
      const problem = {
        inputs: tensor4d(new Float32Array(scaled.length), [1, ...SHAPE]),
        classes: tensor1d([0], 'int32'),
        radii: tensor1d([RADIUS]),
      };
      const own = Object.fromEntries(
        Object.entries(drawn).map(([name, all]): [string, Tensor] => [name, squeeze(all, [0])]),
      );
      after.push(...moves.propose(problem, tensor4d(scaled, [1, ...SHAPE]), own, BOUNDS).dataSync());
    });
    dispose(drawn);
    const inside =
      (window: Float32Array) =>
      (index: number): boolean => {
        const pixel = Math.floor(index / CHANNELS);
        const [row, column] = [Math.floor(pixel / WIDTH), pixel % WIDTH];
        const [top, left, extent] = [window[0]!, window[1]!, window[2]!];
        return row >= top && row < top + extent && column >= left && column < left + extent;
      };
    return { before: scaled, after, read, inside };
  };

  it('linf: starts with stripes of ±ε, and turns one square to one sign a channel', () => {
    for (const side of [1, 3, 7]) {
      const { before, after, read, inside } = moved(linfMoves, side, side);
      assert.ok(before.every((value) => Math.abs(value) === RADIUS));
      for (let i = 0; i < before.length; i++)
        assert.equal(before[i], before[i % (WIDTH * CHANNELS)], 'stripes run down');
      const within = inside(read['windows']!);
      for (const [i, value] of after.entries()) {
        assert.equal(value, within(i) ? RADIUS * read['signs']![i % CHANNELS]! : before[i]);
      }
      assert.equal(after.filter((_, i) => within(i)).length, side * side * CHANNELS);
    }
  });

  for (const [norm, moves, rows] of [
    // By hand: n = 1, rings of 1/2² and 1/2² + 1/1²; one row above two; each half divided by its length.
    ['l2', l2Moves, [[1, 5, 1].map((v) => v / Math.sqrt(27)), [1, 1, 1, 1, 5, 1].map((v) => -v / Math.sqrt(30))]],
    // 1/2⁴ and 1/2⁴ + 1/1⁴.
    ['l1', l1Moves, [[1, 17, 1].map((v) => v / 19), [1, 1, 1, 1, 17, 1].map((v) => -v / 22)]],
  ] as const) {
    it(`${norm}: a bump is two halves of opposite signs, of concentric rectangles that rise towards their middles`, () => {
      const drawn = moves.draw([createRandom(5)], [3], [3, 3, 1]);
      const bump = Array.from(drawn['bumps']!.dataSync());
      dispose(drawn);
      const values = rows.flat();
      const length = lengthOf(moves)(...values);
      const upright = values.map((value) => value / length);
      const turned = upright.map((_, i) => upright[(i % 3) * 3 + Math.floor(i / 3)]!);
      assertClose(bump, Math.abs(bump[1]! - upright[1]!) < 1e-6 ? upright : turned, 1e-6);
    });
  }

  for (const [norm, moves] of [
    ['l2', l2Moves],
    ['l1', l1Moves],
  ] as const) {
    it(`${norm}: empties one window and fills the other, in each channel along its bump and what was there, and uses all of the ball`, () => {
      const length = lengthOf(moves);
      let overlaps = 0;
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const { before, after, read, inside } = moved(moves, seed, 3);
        const proposed: number[] = Array.from({ length: before.length }, () => 0);
        const [filled, emptied] = [inside(read['filled']!), inside(read['emptied']!)];
        for (let channel = 0; channel < CHANNELS; channel++) {
          const own = [...before.keys()].filter((i) => i % CHANNELS === channel);
          const target = own.filter(filled);
          if (target.some(emptied)) overlaps++;
          const kept = length(...target.map((i) => before[i]!));
          const mixed = target.map((i) => {
            const bump = read['signs']![channel]! * read['bumps']![Math.floor(i / CHANNELS)]!;
            return bump + (kept > 0 ? before[i]! / kept : 0);
          });
          // What the ball has room for is 0 at the start of a run where nothing is clipped.
          const available = length(...own.filter((i) => filled(i) || emptied(i)).map((i) => before[i]!));
          const scale = (available / length(...mixed)) * (norm === 'l1' ? CHANNELS : 1);
          for (const i of own) proposed[i] = emptied(i) ? 0 : before[i]!;
          for (const [index, i] of target.entries()) proposed[i] = mixed[index]! * scale;
        }
        assertClose(Array.from(after), norm === 'l1' ? shrunk(proposed, RADIUS) : proposed, 1e-5);
        assert.ok(Math.abs(length(...after) - RADIUS) < 1e-5);
      }
      assert.ok(overlaps > 0 && overlaps < 6 * CHANNELS, 'windows that overlap, and windows that do not');
    });
  }
});
