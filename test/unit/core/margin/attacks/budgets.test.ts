import assert from 'node:assert/strict';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import type { AttackKind, MinimumNormAttack } from '../../../../../core/margin/attacks/attack.js';
import { annealedAt } from '../../../../../core/margin/attacks/steps/annealing.js';
import {
  definedMembers,
  divideBudget,
  type Member,
} from '../../../../../core/margin/attacks/minimum-norm/best-of-plan.js';
import { planRuns } from '../../../../../core/margin/attacks/minimum-norm/fab-t-plan.js';
import { ddn } from '../../../../../core/margin/attacks/minimum-norm/ddn.js';
import { deepfool } from '../../../../../core/margin/attacks/minimum-norm/deepfool.js';
import { fmn } from '../../../../../core/margin/attacks/minimum-norm/fmn.js';
import { rankedRivals } from '../../../../../core/margin/attacks/steps/rivals.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

const member = (kind: AttackKind<MinimumNormAttack>, fromBudget: number, weight: number): Member => ({
  kind,
  fromBudget,
  weight,
});
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe('budgets of attacks', () => {
  before(async () => {
    await openEngine(TEST_ENGINE);
  });

  it('a budget is divided whole among those that have a part at it, in proportion', () => {
    const members = [member(fmn, 1, 3), member(ddn, 10, 1), member(deepfool, 100, 1)];
    for (const budget of [1, 9, 10, 11, 57, 99, 100, 1000, 1001]) {
      const shares = divideBudget(members, budget);
      const taking = members.filter(({ fromBudget }) => fromBudget <= budget);
      assert.deepEqual(
        shares.map(({ kind }) => kind.name),
        taking.map(({ kind }) => kind.name),
      );
      assert.equal(total(shares.map(({ gradientEvaluations }) => gradientEvaluations)), budget);
      const weights = total(taking.map(({ weight }) => weight));
      for (const [index, { gradientEvaluations }] of shares.entries()) {
        assert.ok(Math.abs(gradientEvaluations - (budget * taking[index]!.weight) / weights) < 1);
        assert.ok(gradientEvaluations >= 1);
      }
    }
  });

  it('who is not defined for a norm or an aim has no part', () => {
    const members = [member(fmn, 1, 1), member(ddn, 1, 1), member(deepfool, 1, 1)];
    const names = (...[norm, aim]: [Parameters<typeof definedMembers>[1], Parameters<typeof definedMembers>[2]]) =>
      definedMembers(members, norm, aim).map(({ kind }) => kind.name);
    assert.deepEqual(names('l1', 'untargeted'), ['fmn']);
    assert.deepEqual(names('linf', 'untargeted'), ['fmn', 'deepfool']);
    assert.deepEqual(names('l2', 'targeted'), ['fmn', 'ddn']);
  });

  it('runs towards classes spend a budget whole, each class as often as another, from x first', () => {
    for (const budget of [1, 9, 10, 40, 90, 100, 899, 1000, 2000]) {
      for (const targets of [1, 3, 9, 99]) {
        const runs = planRuns(budget, targets);
        assert.equal(total(runs.map(({ iterations }) => iterations)), budget);
        const ranks = Math.max(...runs.map(({ rank }) => rank)) + 1;
        assert.ok(ranks <= Math.min(targets, 9) && runs.length % ranks === 0);
        // A class is given about four times the square root of the budget, where that leaves more than one and does not reach all.
        const fraction = budget / ranks / (4 * Math.sqrt(budget));
        assert.ok(
          ranks === 1 || ranks === Math.min(targets, 9) || (fraction > 0.7 && fraction < 1.4),
          `${ranks} of ${budget}`,
        );
        for (const [index, { rank, iterations, start }] of runs.entries()) {
          assert.ok(iterations >= Math.min(budget, 10) && iterations <= 40, `${iterations} of ${budget}`);
          assert.equal(rank, index % ranks);
          assert.equal(start, index < ranks ? 'input' : 'random');
        }
      }
    }
  });

  it('what is annealed begins and ends where it is said to, and falls', () => {
    for (const iterations of [2, 5, 40]) {
      const values = Array.from({ length: iterations }, (_, i) => annealedAt({ first: 2, last: 0.5 }, i, iterations));
      assert.ok(Math.abs(values[0]! - 2) < 1e-12 && Math.abs(values.at(-1)! - 0.5) < 1e-12);
      assert.deepEqual(
        values,
        values.toSorted((a, b) => b - a),
      );
    }
    assert.equal(annealedAt({ first: 2, last: 0.5 }, 0, 1), 2);
  });

  it('rivals are ranked by their logits, without the own class', () => {
    const rivals = rankedRivals([Float32Array.of(3, 1, 2), Float32Array.of(0, 5, 4)], [0, 1], [0, 1, 2]);
    const rows = rivals.arraySync();
    rivals.dispose();
    // The ranks begin again after the last.
    assert.deepEqual(rows, [
      [
        [0, 0, 1],
        [0, 0, 1],
      ],
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      [
        [0, 0, 1],
        [0, 0, 1],
      ],
    ]);
  });
});
