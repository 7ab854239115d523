import assert from 'node:assert/strict';
import { memory, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import {
  ascendedLossOf,
  beyondRounding,
  lossOf,
  LOSS_NAMES,
  reaching,
  sharpened,
  softMarginOver,
  type LossName,
} from '../../../../core/margin/losses.js';
import { sharpnessOf } from '../../../../core/margin/sharpness.js';
import { createRandom } from '../../../../core/random.js';
import { assertClose } from '../../../support/close.js';
import { differences, evaluate } from '../../../support/loss-values.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const CLASSES = 5;

/** The definitions, in float64. */
const DEFINITIONS: Readonly<Record<LossName, (z: readonly number[], y: number) => number>> = {
  lm: (z, y) => Math.max(...without(z, y)) - z[y]!,
  slm: (z, y) => logSumExp(without(z, y)) - z[y]!,
  ce: (z, y) => logSumExp(z) - z[y]!,
  cw: (z, y) => Math.max(Math.max(...without(z, y)) - z[y]! + 50, 0),
  dlr: (z, y) => {
    const [first, , third] = z.toSorted((a, b) => b - a);
    return (Math.max(...without(z, y)) - z[y]!) / (first! - third!);
  },
};

const without = (z: readonly number[], y: number): number[] => z.filter((_, j) => j !== y);

function logSumExp(z: readonly number[]): number {
  const largest = Math.max(...z);
  return largest + Math.log(z.reduce((total, value) => total + Math.exp(value - largest), 0));
}

describe('losses', () => {
  const random = createRandom(3);
  const rows = Array.from({ length: 8 }, () => Array.from({ length: CLASSES }, () => Math.fround(4 * random.normal())));
  const labels = rows.map((_, index) => index % CLASSES);

  before(async () => {
    await openEngine(TEST_ENGINE);
  });

  for (const name of LOSS_NAMES) {
    it(`${name} and its gradient are those of the definition`, () => {
      const alive = memory().numTensors;
      const { values, gradients } = evaluate(lossOf(name), rows, labels);
      const definition = DEFINITIONS[name];
      assertClose(
        values,
        rows.map((z, i) => definition(z, labels[i]!)),
        1e-5,
      );
      assertClose(
        gradients,
        rows.flatMap((z, i) => differences((at) => definition(at, labels[i]!), z)),
        1e-4,
      );
      assert.equal(memory().numTensors, alive);
    });

    it(`${name} stays finite at huge, equal and tiny logits`, () => {
      const extreme = [
        [1e8, -1e8, 0, 1, 2],
        [-1e8, 1e8, 0, 1, 2],
        [0, 0, 0, 0, 0],
        [3e4, 3e4, 3e4, 3e4, 3e4],
        [1e-30, 0, -1e-30, 0, 0],
      ];
      for (const label of [0, 1, 4]) {
        const { values, gradients } = evaluate(
          lossOf(name),
          extreme,
          extreme.map(() => label),
        );
        assert.ok(
          [...values, ...gradients].every(Number.isFinite),
          `label ${label}: ${values.join()} ${gradients.join()}`,
        );
      }
    });
  }

  it('the gradient of a tie is that of one of the classes that tie', () => {
    const { gradients } = evaluate(lossOf('lm'), [[1, 3, 3, 3, 0]], [0]);
    assert.deepEqual(gradients, [-1, 1, 0, 0, 0]);
  });

  it('the soft margin over all other classes is SLM, over one class the difference of two logits, very sharp LM', () => {
    const over = (rivals: readonly (readonly number[])[], sharpness = 1) =>
      tidy(() => {
        const sharpnesses = tensor1d(rows.map(() => sharpness));
        return evaluate(softMarginOver(tensor2d(rivals.flat(), [rows.length, CLASSES]), sharpnesses), rows, labels);
      });
    const others = labels.map((label) => Array.from({ length: CLASSES }, (_, j) => (j === label ? 0 : 1)));
    const all = over(others);
    assertClose(over(others, 1e4).values, evaluate(lossOf('lm'), rows, labels).values, 1e-3);
    assertClose(all.values, evaluate(lossOf('slm'), rows, labels).values, 1e-6);
    const rival = labels.map((label) => (label + 2) % CLASSES);
    const one = over(rival.map((chosen) => Array.from({ length: CLASSES }, (_, j) => (j === chosen ? 1 : 0))));
    assertClose(
      one.values,
      rows.map((z, i) => z[rival[i]!]! - z[labels[i]!]!),
      1e-6,
    );
    assertClose(
      one.gradients,
      rows.flatMap((_, i) =>
        Array.from({ length: CLASSES }, (__, j) => Number(j === rival[i]) - Number(j === labels[i])),
      ),
      1e-6,
    );
  });

  it('reaching a class is positive exactly where it is the answer', () => {
    const { values } = evaluate(reaching(lossOf('lm')), rows, labels);
    for (const [i, z] of rows.entries()) assert.equal(values[i]! > 0, z.indexOf(Math.max(...z)) === labels[i]);
  });

  it('beyond rounding, a tie and what is within rounding of it do not count', () => {
    const { values } = evaluate(
      beyondRounding(lossOf('lm')),
      [
        [0, 0, 0],
        [2, 2, -2],
        [20, 20.00005, -20],
        [20, 20.001, -20],
      ],
      [0, 0, 0, 0],
    );
    assert.deepEqual(
      values.map((value) => value >= 0),
      [false, false, false, true],
    );
  });

  it('what counts beyond rounding does not depend on the scale of the logits, nor on a constant but for the spacing of float32', () => {
    const counts = (logits: number[]): boolean => evaluate(beyondRounding(lossOf('lm')), [logits], [0]).values[0]! >= 0;
    for (const scale of [2 ** -40, 2 ** -20, 1, 2 ** 20, 2 ** 40]) {
      assert.ok(counts([scale, scale * 1.001, -scale]), `scale ${scale}`);
      assert.ok(!counts([scale, scale * 1.000005, -scale]), `scale ${scale}`);
    }
    // Float32 holds every sixteenth at a million.
    assert.ok(counts([1e6, 1e6 + 0.5, 1e6 - 1]));
    assert.ok(!counts([1e6, 1e6 + 0.125, 1e6 - 1]));
    assert.ok(!counts([1e9, 1e9 + 64, 1e9 - 64]));
  });

  it('ce and cw are ascended in a form of the same direction that is never lost', () => {
    for (const name of ['ce', 'cw'] as const) {
      const { gradients: own } = evaluate(lossOf(name), rows, labels);
      const { gradients: ascended } = evaluate(ascendedLossOf(name), rows, labels);
      for (const row of rows.keys()) {
        const [a, b] = [own, ascended].map((all) => Array.from(all.slice(row * CLASSES, (row + 1) * CLASSES)));
        const dot = (x: number[], y: number[]): number => x.reduce((sum, value, j) => sum + value * y[j]!, 0);
        assertClose([dot(a!, b!) / Math.sqrt(dot(a!, a!) * dot(b!, b!))], [1], 1e-5);
      }
      const sure = evaluate(ascendedLossOf(name), [[1e6, 0, -1e6, 5, 70]], [0]).gradients;
      assertClose(sure, [-1, 0, 0, 0, 1], 1e-2);
    }
  });

  it('a sharpened loss does not change where its logits are scaled and shifted', () => {
    const plain = rows.map((z) => Float32Array.from(z));
    for (const [scale, shift] of [
      [2 ** -20, 0],
      [2 ** 20, 0],
      [1, 1024],
    ] as const) {
      const other = plain.map((z) => z.map((value) => value * scale + shift));
      const valuesOf = (logits: readonly Float32Array[]) =>
        evaluate(
          (z, y) => sharpened(lossOf('ce'), tensor1d(logits.map(sharpnessOf)))(z, y),
          logits.map((z) => [...z]),
          labels,
        ).values;
      assertClose(valuesOf(other), valuesOf(plain), shift === 0 ? 1e-5 : 1e-3);
    }
  });
});
