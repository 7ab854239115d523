import assert from 'node:assert/strict';
import { reshape, tensor4d, type Rank } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../core/margin/attack-steps.js';
import { compileMarginSearch, type MarginSearch, type MarginStatus } from '../../../../core/margin/margin-search.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const CLASSES = [0, 1, 2];

/** The logits are the three values of an image. */
const itself: WeightedClassifier = (_, inputs) => reshape<Rank.R2>(inputs, [-1, 3]);

/** An image that is answered with a class; each other is 0.1 away in ℓ∞. */
const imageOf = (answer: number): number[] => CLASSES.map((each) => (each === answer ? 0.6 : 0.4));

describe('labels, answers and targets', () => {
  let engine: Engine;
  let search: MarginSearch;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    search = compileMarginSearch(engine.compile, itself, { norm: 'linf', bounds: { lower: 0, upper: 1 } });
  });

  /** The findings for one image of each pair of a label and an answer, in the order of {@link PAIRS}. */
  const PAIRS = CLASSES.flatMap((label) => CLASSES.map((answer) => ({ label, answer })));
  const find = async (maxDistance: number, targetClass?: number) => {
    const inputs = tensor4d(
      PAIRS.flatMap(({ answer }) => imageOf(answer)),
      [PAIRS.length, 1, 1, 3],
    );
    const { findings, perturbations } = await search.find({
      ...{ weights: {}, inputs, maxDistance, maxGradientEvaluations: 10, seed: 0n },
      labels: PAIRS.map(({ label }) => label),
      ...(targetClass === undefined ? {} : { targetClass }),
    });
    inputs.dispose();
    perturbations.dispose();
    return findings;
  };

  for (const target of [undefined, ...CLASSES]) {
    for (const maxDistance of [0.5, 0.05]) {
      it(`say what there is to search, of target ${target ?? 'none'} up to ${maxDistance}`, async () => {
        const findings = await find(maxDistance, target);
        for (const [i, { label, answer }] of PAIRS.entries()) {
          const nothingToDo = target === undefined ? answer !== label : answer === target;
          const withoutSearch: MarginStatus = target === undefined ? 'misclassified' : 'target-reached';
          const searched: MarginStatus = maxDistance > 0.1 ? 'found' : 'not-found';
          const finding = findings[i]!;
          const shown = `label ${label}, answer ${answer}: ${JSON.stringify(finding)}`;
          assert.equal(finding.status, nothingToDo ? withoutSearch : searched, shown);
          assert.deepEqual([finding.label, finding.predictedClass], [label, answer]);
          // It is relative to the label, whatever the target.
          assert.ok(Math.abs(finding.logitMargin - (label === answer ? -0.2 : 0.2)) < 1e-6, shown);
          if (finding.status === 'found') {
            assert.ok(finding.distance >= 0.1 - 1e-6 && finding.distance < 0.101, shown);
            assert.ok(target === undefined ? finding.adversarialClass !== label : finding.adversarialClass === target);
          } else {
            assert.deepEqual([finding.distance, finding.adversarialClass], [nothingToDo ? 0 : maxDistance, -1], shown);
            assert.equal(finding.gradientEvaluations === 0, nothingToDo, shown);
          }
        }
      });
    }
  }
});
