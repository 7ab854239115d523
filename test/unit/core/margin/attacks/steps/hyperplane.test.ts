import assert from 'node:assert/strict';
import { memory, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import { projectOntoHyperplane } from '../../../../../../core/margin/attacks/steps/hyperplane.js';
import { hostLength } from '../../../../../../core/margin/host-length.js';
import { ATTACK_NORMS, type AttackNorm, type Bounds } from '../../../../../../core/margin/threat-model.js';
import { createRandom } from '../../../../../../core/random.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const SIZE = 24;
const BOUNDS: Bounds = { lower: -1, upper: 2 };
/** Gaps as shares of what the box lets a projection gain. */
const FRACTIONS = [-0.5, 0, 1e-4, 0.05, 0.3, 0.7, 0.97, 1.2];

const images = (rows: readonly (readonly number[])[]): Tensor4D => tensor<Rank.R4>(rows.flat(), [rows.length, 6, 4, 1]);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, j) => sum + value * b[j]!, 0);

const roomsOf = (x: readonly number[], w: readonly number[]): number[] =>
  w.map((slope, j) => (slope > 0 ? BOUNDS.upper - x[j]! : slope < 0 ? x[j]! - BOUNDS.lower : 0));

/** The least length by sorting, in float64: the order in which values reach the end of their room (in ℓ1, in which they move). */
function shortest(norm: AttackNorm, x: readonly number[], w: readonly number[], gap: number): number {
  const rooms = roomsOf(x, w);
  const slopes = w.map(Math.abs);
  const moving = [...w.keys()].filter((j) => slopes[j]! > 0);
  if (norm === 'l1') {
    let [left, length] = [gap, 0];
    for (const j of moving.toSorted((a, b) => slopes[b]! - slopes[a]!)) {
      const size = Math.min(rooms[j]!, left / slopes[j]!);
      left -= size * slopes[j]!;
      length += size;
    }
    return length;
  }
  // Value j is at the end of its room from λ = roomⱼ / aⱼ on.
  const weight = (j: number): number => (norm === 'linf' ? 1 : slopes[j]!);
  const order = moving.toSorted((a, b) => rooms[a]! / weight(a) - rooms[b]! / weight(b));
  let [ended, endedSquares] = [0, 0];
  for (const [position, j] of order.entries()) {
    const free = order.slice(position);
    const lambda = (gap - ended) / free.reduce((sum, k) => sum + slopes[k]! * weight(k), 0);
    if (lambda <= rooms[j]! / weight(j)) {
      return norm === 'linf'
        ? lambda
        : Math.sqrt(endedSquares + free.reduce((sum, k) => sum + (lambda * slopes[k]!) ** 2, 0));
    }
    ended += slopes[j]! * rooms[j]!;
    endedSquares += rooms[j]! ** 2;
  }
  return NaN;
}

describe('projection onto a hyperplane in the box', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  for (const norm of ATTACK_NORMS) {
    for (const scale of [1, 1e-8, 1e6]) {
      it(`${norm}: closes the gap by the least length, normals of about ${scale}`, () => {
        const random = createRandom(7);
        const project = engine.compile((x: Tensor4D, w: Tensor4D, gaps: Tensor1D) =>
          projectOntoHyperplane(norm, x, w, gaps, BOUNDS),
        );
        const float = Math.fround;
        const x = FRACTIONS.map(() =>
          Array.from({ length: SIZE }, (_, j) => (j % 6 === 0 ? BOUNDS.lower : float(3 * random.uniform() - 1))),
        );
        // Slopes of many sizes, some of them equal and some 0.
        const w = FRACTIONS.map(() =>
          Array.from({ length: SIZE }, (_, j) =>
            float(scale * (j % 7 === 0 ? 0 : j % 5 === 0 ? 0.5 : random.normal() * 10 ** -random.below(4))),
          ),
        );
        const most = x.map((row, i) => dot(roomsOf(row, w[i]!), w[i]!.map(Math.abs)));
        const gaps = most.map((value, i) => float(value * FRACTIONS[i]!));
        const alive = memory().numTensors;
        tidy(() => {
          const values = project(images(x), images(w), tensor1d(gaps)).dataSync();
          for (const [i, gap] of gaps.entries()) {
            const delta = Float32Array.from(values.subarray(i * SIZE, (i + 1) * SIZE));
            for (const [j, value] of delta.entries()) {
              const point = float(x[i]![j]! + value);
              assert.ok(point >= BOUNDS.lower && point <= BOUNDS.upper, 'outside of the box');
            }
            if (gap <= 0) {
              assert.equal(hostLength(norm, delta), 0, 'what is beyond the hyperplane does not move');
              continue;
            }
            const gained = dot(delta, w[i]!);
            if (gap > most[i]!) {
              assert.ok(Math.abs(gained / most[i]! - 1) < 1e-5, 'goes as far as it can');
              continue;
            }
            // The point is moved by rounding of x + δ, about 1e-7 a value.
            const rounding =
              2e-7 *
              dot(
                w[i]!.map(Math.abs),
                w[i]!.map(() => 1),
              );
            assert.ok(
              Math.abs(gained - gap) <= 1e-5 * gap + rounding,
              `fraction ${FRACTIONS[i]}: gains ${gained}, the gap is ${gap}`,
            );
            const [length, least] = [hostLength(norm, delta), shortest(norm, x[i]!, w[i]!, gap)];
            assert.ok(
              Math.abs(length - least) <= 1e-4 * least + 3e-6,
              `fraction ${FRACTIONS[i]}: ${length} long, least ${least}`,
            );
          }
        });
        assert.equal(memory().numTensors, alive);
      });
    }

    it(`${norm}: no other point that closes the gap is nearer`, () => {
      const random = createRandom(11);
      const x = Array.from({ length: SIZE }, () => 3 * random.uniform() - 1);
      const w = Array.from({ length: SIZE }, () => random.normal());
      const gap = 0.4 * dot(roomsOf(x, w), w.map(Math.abs));
      const delta = tidy(() =>
        Float32Array.from(projectOntoHyperplane(norm, images([x]), images([w]), tensor1d([gap]), BOUNDS).dataSync()),
      );
      const clip = (value: number, j: number): number =>
        Math.min(BOUNDS.upper - x[j]!, Math.max(BOUNDS.lower - x[j]!, value));
      for (let trial = 0; trial < 500; trial++) {
        const size = trial % 2 === 0 ? 0.3 : 0.02;
        const other = Array.from(delta, (value, j) => clip(value + size * random.normal(), j));
        // Moved back towards the hyperplane where it is short of it; what stays short is not compared.
        const lack = (gap - dot(other, w)) / dot(w, w);
        const back = lack > 0 ? other.map((value, j) => clip(value + 1.2 * lack * w[j]!, j)) : other;
        if (dot(back, w) < gap) continue;
        assert.ok(hostLength(norm, Float32Array.from(back)) >= hostLength(norm, delta) * (1 - 1e-5));
      }
    });
  }
});
