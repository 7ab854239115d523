import assert from 'node:assert/strict';
import { add, memory, mul, sub, sum, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { geometryOf } from '../../../../core/margin/geometries.js';
import { hostLength } from '../../../../core/margin/host-length.js';
import { ATTACK_NORMS } from '../../../../core/margin/threat-model.js';
import { createRandom } from '../../../../core/random.js';
import { assertClose } from '../../../support/close.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const SHAPE = [6, 3, 3, 2] as [number, number, number, number];
const COUNT = SHAPE[0];
const SIZE = 18;
const BOUNDS = { lower: -1, upper: 2 };
const RADII = [0.05, 0.3, 0.7, 1.5, 3, 100];

const image = (values: Float32Array): Tensor4D => tensor<Rank.R4>(values, SHAPE);
const rowsOf = (values: Tensor4D): Float32Array[] => {
  const data = values.dataSync() as Float32Array;
  return Array.from({ length: COUNT }, (_, row) => data.subarray(row * SIZE, (row + 1) * SIZE));
};

describe('geometries', () => {
  const random = createRandom(5);
  const uniform = (low: number, high: number): Float32Array =>
    random.uniforms(COUNT * SIZE).map((value) => low + (high - low) * value);

  before(async () => {
    await openEngine(TEST_ENGINE);
  });

  for (const norm of ATTACK_NORMS) {
    const geometry = geometryOf(norm);

    it(`${norm}: projections are inside ball and box, and leave alone what is`, () => {
      const alive = memory().numTensors;
      tidy(() => {
        const inputs = image(uniform(BOUNDS.lower, BOUNDS.upper));
        const radii = tensor1d(RADII);
        const once = geometry.project(inputs, image(uniform(-2, 2)), radii, BOUNDS);
        for (const [i, row] of rowsOf(once).entries()) {
          assert.ok(hostLength(norm, row) <= RADII[i]! * (1 + 1e-6), `row ${i} outside of its ball`);
        }
        for (const value of add(inputs, once).dataSync()) {
          assert.ok(value >= BOUNDS.lower - 1e-6 && value <= BOUNDS.upper + 1e-6, `${value} outside of the box`);
        }
        assertClose(geometry.project(inputs, once, radii, BOUNDS).dataSync(), once.dataSync(), 1e-6);
        assertClose(
          geometry.lengths(once).dataSync(),
          rowsOf(once).map((row) => hostLength(norm, row)),
          1e-6,
        );
      });
      assert.equal(memory().numTensors, alive);
    });

    it(`${norm}: random starts are inside ball and box`, () => {
      tidy(() => {
        const inputs = image(uniform(BOUNDS.lower, BOUNDS.upper));
        const start = geometry.randomStart(inputs, tensor1d(RADII), image(random.uniforms(COUNT * SIZE)), BOUNDS);
        for (const [i, row] of rowsOf(start).entries()) {
          assert.ok(hostLength(norm, row) > 0 && hostLength(norm, row) <= RADII[i]! * (1 + 1e-6));
        }
        for (const value of add(inputs, start).dataSync()) {
          assert.ok(value >= BOUNDS.lower - 1e-6 && value <= BOUNDS.upper + 1e-6);
        }
      });
    });

    // In ℓ1 steps are sparse instead (l1.test.ts).
    if (norm !== 'l1') {
      it(`${norm}: steepest ascent gains the dual norm, more than any other direction of length one`, () => {
        tidy(() => {
          const gradients = image(uniform(-1, 1));
          const gains = (directions: Tensor4D): ArrayLike<number> =>
            sum(mul(gradients, directions), [1, 2, 3]).dataSync();
          const dual = rowsOf(gradients).map((row) =>
            norm === 'linf' ? row.reduce((total, value) => total + Math.abs(value), 0) : Math.hypot(...row),
          );
          const best = geometry.steepestAscent(gradients);
          assertClose(gains(best), dual, 1e-5);
          const zero: Tensor4D = sub(gradients, gradients);
          const others = geometry.project(zero, image(uniform(-1, 1)), tensor1d(RADII.map(() => 1)), {
            lower: -1,
            upper: 1,
          });
          for (const [i, gain] of Array.from(gains(others)).entries()) assert.ok(gain <= dual[i]! + 1e-5);
        });
      });
    }

    it(`${norm}: steepest ascent is 0 at a zero gradient, and of length one at a tiny or a huge one`, () => {
      for (const [scale, length] of [
        [0, 0],
        [1e-30, 1],
        [1e25, 1],
      ] as const) {
        tidy(() => {
          const directions = geometry.steepestAscent(image(uniform(0.5, 1).map((value) => value * scale)));
          assertClose(
            geometry.lengths(directions).dataSync(),
            RADII.map(() => length),
            1e-5,
          );
        });
      }
    });
  }
});
