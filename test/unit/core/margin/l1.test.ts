import assert from 'node:assert/strict';
import { add, memory, mul, tensor, tensor1d, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { Engine } from '../../../../core/engine/engine.js';
import { inwards, pointAt } from '../../../../core/margin/box.js';
import { hostLength } from '../../../../core/margin/host-length.js';
import { l1, sparseAscent } from '../../../../core/margin/l1.js';
import type { Bounds } from '../../../../core/margin/threat-model.js';
import { createRandom } from '../../../../core/random.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const SIZE = 40;
const BOUNDS: Bounds = { lower: -1, upper: 2 };
const UNIT: Bounds = { lower: 0, upper: 1 };
const RADII = [0, 1e-3, 0.1, 0.5, 1, 3, 10, 1000];

const images = (rows: readonly (readonly number[])[]): Tensor4D => tensor<Rank.R4>(rows.flat(), [rows.length, 8, 5, 1]);

/**
 * The projection in float64, by the breakpoints of ‖δ(λ)‖₁: it is linear between the values |vⱼ| and |vⱼ| − roomⱼ, so that the piece which holds r is
 * solved in closed form.
 */
function projected(x: readonly number[], v: readonly number[], radius: number, { lower, upper }: Bounds): number[] {
  const rooms = v.map((value, j) => Math.min(Math.abs(value), value > 0 ? upper - x[j]! : x[j]! - lower));
  const at = (t: number): number[] => v.map((value, j) => Math.min(Math.max(Math.abs(value) - t, 0), rooms[j]!));
  const total = (t: number): number => at(t).reduce((sum, size) => sum + size, 0);
  let multiplier = 0;
  if (total(0) > radius) {
    const breaks = v
      .flatMap((value, j) => [Math.abs(value), Math.abs(value) - rooms[j]!])
      .filter((t) => t >= 0)
      .sort((a, b) => a - b);
    const next = breaks.find((t) => total(t) <= radius) ?? NaN;
    const before = breaks.filter((t) => total(t) > radius).at(-1) ?? 0;
    const slope = (total(before) - total(next)) / (next - before);
    multiplier = before + (total(before) - radius) / slope;
  }
  return at(multiplier).map((size, j) => Math.sign(v[j]!) * size);
}

describe('l1 geometry', () => {
  let engine: Engine;
  const random = createRandom(3);
  const values = (low: number, high: number): number[] =>
    Array.from({ length: SIZE }, () => Math.fround(low + (high - low) * random.uniform()));
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  it('projections are the nearest points of ball ∩ box', () => {
    const project = engine.compile((x: Tensor4D, v: Tensor4D, radii: Tensor1D) => l1.project(x, v, radii, BOUNDS));
    const alive = memory().numTensors;
    tidy(() => {
      for (const reach of [0.01, 1, 5]) {
        const x = RADII.map(() => values(BOUNDS.lower, BOUNDS.upper));
        // Values at the ends of the box, values that are equal, and values of zero.
        const v = RADII.map(() =>
          values(-reach, reach).map((value, j) => (j % 7 === 0 ? 0 : j % 5 === 0 ? reach / 2 : value)),
        );
        for (const row of x) row.splice(10, 4, BOUNDS.upper, BOUNDS.upper, BOUNDS.lower, BOUNDS.lower);
        const got = project(images(x), images(v), tensor1d(RADII)).dataSync();
        for (const [i, radius] of RADII.entries()) {
          const row = Float32Array.from(got.subarray(i * SIZE, (i + 1) * SIZE));
          assert.ok(hostLength('l1', row) <= radius * (1 + 1e-6), `${hostLength('l1', row)} exceeds ${radius}`);
          const expected = projected(x[i]!, v[i]!, radius, BOUNDS);
          for (const [j, value] of expected.entries()) {
            assert.ok(
              Math.abs(row[j]! - value) <= 5e-7 * (1 + reach),
              `radius ${radius}, value ${j}: ${row[j]}, expected ${value}`,
            );
            const point = Math.fround(x[i]![j]! + row[j]!);
            assert.ok(point >= BOUNDS.lower && point <= BOUNDS.upper);
          }
        }
      }
    });
    assert.equal(memory().numTensors, alive);
  });

  it('no point of ball ∩ box is nearer to what is projected', () => {
    tidy(() => {
      const x = values(BOUNDS.lower, BOUNDS.upper);
      const v = values(-2, 2);
      const radius = 3;
      const got = l1.project(images([x]), images([v]), tensor1d([radius]), BOUNDS).dataSync();
      const distance = (point: ArrayLike<number>): number => Math.hypot(...v.map((value, j) => value - point[j]!));
      for (let trial = 0; trial < 500; trial++) {
        // A random point of ball ∩ box near the projection: pulled towards x until it is in the ball.
        const moved = Array.from(got, (value, j) =>
          Math.min(
            BOUNDS.upper - x[j]!,
            Math.max(BOUNDS.lower - x[j]!, value + 0.2 * random.normal() * (trial % 3 === 0 ? 1 : 0.05)),
          ),
        );
        const length = moved.reduce((sum, value) => sum + Math.abs(value), 0);
        const other = moved.map((value) => value * Math.min(1, radius / length));
        assert.ok(distance(other) >= distance(got) * (1 - 1e-6), `${distance(other)} is nearer than ${distance(got)}`);
      }
    });
  });

  it('steps are along the gradient at its largest values alone, of length one', () => {
    tidy(() => {
      const gradients = [
        values(-1, 1),
        values(-1, 1).map((value) => value * 1e-30),
        values(0.9, 1),
        [...values(0, 1e-3).slice(1), -5],
      ];
      const steps = l1.steepestAscent(images(gradients)).dataSync();
      for (const [i, gradient] of gradients.entries()) {
        const step = Float32Array.from(steps.subarray(i * SIZE, (i + 1) * SIZE));
        assert.ok(Math.abs(hostLength('l1', step) - 1) < 1e-5);
        const moved = Array.from(step.keys()).filter((j) => step[j] !== 0);
        assert.ok(moved.length >= 1 && moved.length <= 2, `${moved.length} of ${SIZE} values move`);
        const smallest = Math.min(...moved.map((j) => Math.abs(gradient[j]!)));
        for (const j of moved) assert.ok(Math.sign(step[j]!) === Math.sign(gradient[j]!));
        for (const [j, value] of gradient.entries()) {
          if (step[j] === 0) assert.ok(Math.abs(value) <= smallest, 'a larger value stands still');
        }
      }
    });
  });

  it('sparse steps move as many of the largest values as each example is to, all equally far', () => {
    tidy(() => {
      const counts = [1, 3, 7.9, SIZE, 5, 5];
      const gradients = counts.map((_, i) => values(-1, 1).map((value) => value * 1e-20 ** (i % 2)));
      gradients[4] = gradients[4]!.map(() => 0);
      // Only three values that could move.
      gradients[5] = gradients[5]!.map((value, j) => (j < 3 ? value : 0));
      const steps = sparseAscent(images(gradients), tensor1d(counts)).dataSync();
      for (const [i, gradient] of gradients.entries()) {
        const largest = [...gradient.keys()]
          .filter((j) => gradient[j] !== 0)
          .sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!))
          .slice(0, Math.floor(counts[i]!));
        const expected = gradient.map((value, j) => (largest.includes(j) ? Math.sign(value) / largest.length : 0));
        const row = steps.subarray(i * SIZE, (i + 1) * SIZE);
        for (const [j, value] of expected.entries()) assert.ok(Math.abs(row[j]! - value) < 1e-6, `${i}, value ${j}`);
      }
    });
  });

  it('projected ascent of a linear function ends at its largest value in ball ∩ box', () => {
    tidy(() => {
      const x = values(0, 1);
      const gradient = values(-1, 1);
      const radius = 2.5;
      // The largest gradients first, each as far as the box lets it move, until the radius is spent.
      let left = radius;
      let best = 0;
      for (const j of [...gradient.keys()].sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!))) {
        const room = Math.min(left, gradient[j]! > 0 ? 1 - x[j]! : x[j]!);
        best += room * Math.abs(gradient[j]!);
        left -= room;
      }
      const inputs = images([x]);
      const radii = tensor1d([radius]);
      let delta: Tensor4D = zerosLike(inputs);
      for (let i = 0; i < 60; i++) {
        const possible = inwards(images([gradient]), pointAt(inputs, delta, UNIT), UNIT);
        const step: Tensor4D = mul(l1.steepestAscent(possible), 0.3 * radius);
        delta = l1.project(inputs, add(delta, step), radii, UNIT);
      }
      const gain = Array.from(delta.dataSync()).reduce((sum, value, j) => sum + value * gradient[j]!, 0);
      assert.ok(gain <= best * (1 + 1e-5) && gain >= 0.99 * best, `${gain} of ${best}`);
    });
  });
});
