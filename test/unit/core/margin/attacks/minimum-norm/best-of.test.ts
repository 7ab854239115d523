import assert from 'node:assert/strict';
import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { eager } from '../../../../../../core/engine/compile.js';
import type { Compile, Engine, TensorMap } from '../../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../../core/margin/attack-steps.js';
import {
  MINIMUM_NORM_ATTACKS,
  type MinimumNormAttackName,
} from '../../../../../../core/margin/attacks/minimum-norm-attacks.js';
import { hostLength } from '../../../../../../core/margin/host-length.js';
import { largestLogit } from '../../../../../../core/margin/host-logits.js';
import { countingClassifier } from '../../../../../support/counting-classifier.js';
import { perceptron, perceptronTensors } from '../../../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const COUNT = 16;
const NORM = 'linf';

/** Who has a part in which budget, and how large: the least budgets of two and of three, and the largest of one and of two. */
const PARTS: readonly (readonly [budget: number, parts: readonly (readonly [MinimumNormAttackName, number])[]])[] = [
  [99, [['adaptive-pgd', 99]]],
  [100, [['adaptive-pgd', 75], ['fmn', 25]]],
  [499, [['adaptive-pgd', 374], ['fmn', 125]]],
  [500, [['adaptive-pgd', 300], ['fmn', 100], ['fab-t', 100]]],
]; // prettier-ignore

interface Options {
  readonly compile?: Compile;
  readonly classifier?: WeightedClassifier;
  readonly shouldContinue?: () => boolean;
}

describe('the best of several attacks', () => {
  let engine: Engine;
  let weights: TensorMap;
  let inputs: Tensor4D;
  let logits: Float32Array[];
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    ({ weights, inputs } = perceptronTensors(3, COUNT));
    logits = tidy(() => perceptron(weights, inputs).arraySync()).map((row) => Float32Array.from(row));
  });
  after(() => {
    dispose([inputs, weights]);
  });

  const find = async (
    name: MinimumNormAttackName,
    maxGradientEvaluations: number,
    { compile = engine.compile, classifier = perceptron, shouldContinue = () => true }: Options = {},
  ) => {
    const threat = { norm: NORM, bounds: { lower: 0, upper: 1 } } as const;
    const { perturbations, ...outcome } = await MINIMUM_NORM_ATTACKS[name]
      .compile(compile, classifier, threat, 'untargeted')
      .find({
        ...{
          weights,
          inputs,
          logits,
          classes: logits.map(largestLogit),
          maxDistance: 1,
          maxGradientEvaluations,
          shouldContinue,
        },
        seeds: logits.map((_, index) => BigInt(index)),
      });
    const values = perturbations.dataSync() as Float32Array;
    perturbations.dispose();
    const size = values.length / COUNT;
    const lengths = logits.map((_, index) => hostLength(NORM, values.subarray(index * size, (index + 1) * size)));
    return { ...outcome, lengths };
  };

  for (const [budget, parts] of PARTS)
    it(`of ${budget} gradients is what the shortest of each input among ${parts.map(([name, fraction]) => `${name} (${fraction})`).join(', ')} is`, async () => {
      const best = await find('best-of', budget);
      const alone = await Promise.all(
        parts.map(async ([name, fraction]) => ({ name, ...(await find(name, fraction)) })),
      );
      const shortest = logits.map((_, index) => Math.min(...alone.map(({ lengths }) => lengths[index]!)));
      assert.ok(shortest.every((length) => length > 0));
      assert.deepEqual(best.lengths, shortest);
      const finders = shortest.map((length, index) => alone.find(({ lengths }) => lengths[index] === length)!.name);
      assert.deepEqual(best.foundBy, finders);
      // A member that never wins would show nothing.
      for (const { name } of alone) assert.ok(finders.includes(name), `${name} is never the best`);
      assert.equal(best.gradientEvaluations, budget);
    });

  it('counts the gradients of all, and runs none of those that are left when it is stopped', async () => {
    const { classifier, passes } = countingClassifier(perceptron);
    const counted = { compile: eager, classifier };
    const spent = async (shouldContinue: () => boolean) => {
      passes.backward = 0;
      const outcome = await find('best-of', 100, { ...counted, shouldContinue });
      assert.equal(outcome.gradientEvaluations, passes.backward / COUNT);
      return outcome;
    };
    let asked = 0;
    assert.ok((await spent(() => ++asked > 0)).complete);
    let left = asked >> 1;
    const stopped = await spent(() => left-- > 0);
    assert.ok(!stopped.complete && stopped.gradientEvaluations < 75, `${stopped.gradientEvaluations}`);
    assert.equal(left, -1, 'asked once more, and not again');
    assert.ok(stopped.foundBy!.every((name) => name === 'adaptive-pgd'));
  });
});
