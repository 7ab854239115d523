import assert from 'node:assert/strict';
import type { EvaluationResult } from '../../../../../trainer/evaluate/evaluation-result.js';
import { compare } from '../../../../../trainer/evaluate/report/comparison.js';
import { differencesOf } from '../../../../../trainer/evaluate/report/differences.js';
import { richEvaluation } from '../../../../support/evaluation-example.js';

const model = richEvaluation();
const other = richEvaluation({ seed: 2, typicalMargin: 0.2 });
const differences = (baseline?: EvaluationResult): ReturnType<typeof differencesOf> =>
  differencesOf(compare(model, baseline));

describe('differences between two evaluations', () => {
  it('are of every figure where both are of the same', () => {
    const { autoAttack, ...of } = differences(other);
    assert.equal(of.cleanAccuracy, model.cleanAccuracy - other.cleanAccuracy);
    assert.equal(of.avgRobAcc, model.avgRobAcc! - other.avgRobAcc!);
    assert.equal(of.meanMargin, model.margins!.mean - other.margins!.mean);
    assert.equal(of.medianMargin, model.margins!.quartiles[1] - other.margins!.quartiles[1]);
    assert.equal(autoAttack(0.3), model.autoAttack[0]!.accuracy - other.autoAttack[0]!.accuracy);
    assert.equal(autoAttack(0.2), undefined);
  });

  it('are of the ε in common where the grids differ', () => {
    const coarser = richEvaluation({ seed: 2, epsilons: [0.2, 0.25, 0.4] });
    const { avgRobAcc, commonEpsilons } = differences(coarser);
    assert.equal(avgRobAcc, undefined);
    assert.deepEqual(commonEpsilons?.epsilons, [0.2, 0.4]);
    const [ours, theirs] = [model.whiteBox, coarser.whiteBox].map((grid) => grid.map(({ accuracy }) => accuracy));
    const expected = (ours![1]! - theirs![0]! + ours![3]! - theirs![2]!) / 2;
    assert.ok(Math.abs(commonEpsilons.difference - expected) < 1e-12);
  });

  it('are not of means where searches ended elsewhere, and of medians only where those were measured', () => {
    const shorter = richEvaluation({ seed: 2, maxDistance: 0.4 });
    assert.deepEqual([differences(shorter).meanMargin, differences(shorter).notFoundFraction], [undefined, undefined]);
    assert.notEqual(differences(shorter).medianMargin, undefined);
    assert.equal(differences(richEvaluation({ seed: 2, maxDistance: 0.2 })).medianMargin, undefined);
  });

  it('are none in other norms but of clean accuracy, and none at all on other data', () => {
    const otherNorm = differences({ ...other, plan: { ...other.plan, norm: 'l2' } });
    assert.deepEqual(
      [otherNorm.avgRobAcc, otherNorm.meanMargin, otherNorm.autoAttack(0.3)],
      [undefined, undefined, undefined],
    );
    assert.notEqual(otherNorm.cleanAccuracy, undefined);
    assert.equal(
      differences({ ...other, dataset: { ...other.dataset, fingerprint: 'other' } }).cleanAccuracy,
      undefined,
    );
    assert.equal(differences().cleanAccuracy, undefined);
  });
});
