import assert from 'node:assert/strict';
import { planOf, type PlanOptions, type PlanSubject } from '../../../../trainer/evaluate/evaluation-plan.js';

const subject = (more: Partial<PlanSubject>): PlanSubject => ({
  dataset: 'mnist',
  norm: 'linf',
  trainedMaxDistance: 0.45,
  examples: 10_000,
  ...more,
});
const plan = (about: Partial<PlanSubject>, options: PlanOptions = {}) => planOf(subject(about), options);

describe('the plan of an evaluation', () => {
  it('is the paper’s by default: its protocol, and its grid for each data set and norm', () => {
    const { whiteBox, epsilons, maxDistance, autoAttackEpsilons, maskingChecks } = plan({});
    assert.deepEqual(whiteBox, { iterations: 100, restarts: 10, stepFraction: 1 / 40 });
    assert.deepEqual(epsilons, [0.1, 0.2, 0.3, 0.4]);
    assert.ok(Math.abs(maxDistance - 0.4725) < 1e-12);
    assert.deepEqual([autoAttackEpsilons, maskingChecks], [[], true]);

    const cifar = plan({ dataset: 'cifar10', trainedMaxDistance: 8 / 255 });
    assert.deepEqual(
      cifar.epsilons.map((epsilon) => Math.round(epsilon * 255)),
      [4, 8, 12, 16, 20, 24, 28, 32],
    );
    assert.equal(cifar.whiteBox.stepFraction, 1 / 4);
    assert.deepEqual(plan({ norm: 'l2' }).epsilons, [1, 2, 3, 4]);
    assert.equal(plan({ norm: 'l2' }).whiteBox.stepFraction, 1 / 4);
    assert.deepEqual(plan({ dataset: 'cifar10', norm: 'l2' }).epsilons, [0.5, 1, 1.5, 2, 2.5]);
    assert.deepEqual(plan({ dataset: 'folder', trainedMaxDistance: 0.2 }).epsilons, [0.05, 0.1, 0.2 * 0.75, 0.2]);
  });

  it('takes what is asked for, ε in order and once, and no more examples than there are', () => {
    const asked = plan({ examples: 30 }, { epsilons: [0.2, 0.1, 0.2], robustExamples: 40, marginExamples: 0 });
    assert.deepEqual(asked.epsilons, [0.1, 0.2]);
    assert.deepEqual([asked.cleanExamples, asked.robustExamples, asked.marginExamples], [30, 30, 0]);
    assert.deepEqual(plan({}, { autoAttackEpsilons: 'usual' }).autoAttackEpsilons, [0.3]);
    assert.deepEqual(plan({ dataset: 'cifar10' }, { autoAttackEpsilons: 'usual' }).autoAttackEpsilons, [8 / 255]);
    // As far as the paper's steps together, however few there are.
    assert.equal(plan({}, { iterations: 20 }).whiteBox.stepFraction, 1 / 8);
  });

  it('refuses lengths that are none', () => {
    for (const epsilon of [0, -1, NaN, Infinity]) {
      assert.throws(() => plan({}, { epsilons: [0.1, epsilon] }), { kind: 'invalid-input', message: /^epsilons: / });
    }
    assert.throws(() => plan({}, { maxDistance: 0 }), { kind: 'invalid-input', message: /^max distance: / });
  });
});
