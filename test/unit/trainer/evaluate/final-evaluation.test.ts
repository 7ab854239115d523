import assert from 'node:assert/strict';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import {
  evaluateTrained,
  finalEpsilons,
  type FinalEvaluationRequest,
} from '../../../../trainer/evaluate/final-evaluation.js';
import { marginHistogram } from '../../../../trainer/evaluate/margin-histogram.js';
import { lengthBetween } from '../../../support/linear-evaluation.js';
import { linearProblem } from '../../../support/linear-model.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const linear = linearProblem(70, 5);
const { model, weights, examples, isCorrect } = linear;

describe('evaluation', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  const request = (more: Partial<FinalEvaluationRequest> = {}): FinalEvaluationRequest => ({
    engine,
    model,
    weights,
    examples,
    norm: 'linf',
    maxDistance: 0.025,
    marginExamples: 60,
    gradientEvaluations: 40,
    seed: 1n,
    ...more,
  });

  for (const norm of ['linf', 'l2'] as const) {
    it(`measures the margins of a linear model (${norm})`, async () => {
      const { numTensors } = engine.memory();
      const exact = Array.from({ length: 60 }, (_, example) => linear.margin(example, norm));
      const maxDistance = exact.toSorted((x, y) => x - y)[52]!;
      const counted = exact.map((margin) => Math.min(margin, maxDistance)).toSorted((x, y) => x - y);

      const seen: number[] = [];
      const onProgress = (etaSeconds: number) => seen.push(etaSeconds);
      const record = await evaluateTrained(request({ norm, maxDistance, onProgress }));

      const near = (actual: number, expected: number) => {
        assert.ok(Math.abs(actual - expected) <= 0.01 * expected, `${actual}, expected ${expected}`);
      };
      assert.equal(record.cleanAccuracy, examples.labels.filter((_, i) => isCorrect(i)).length / 70);
      assert.deepEqual([record.examples, record.marginExamples, record.norm], [70, 60, norm]);
      near(record.meanMargin, counted.reduce((sum, margin) => sum + margin, 0) / 60);
      near(record.medianMargin, (counted[29]! + counted[30]!) / 2);
      // Those beyond, and the one at the very end, which the search may reach or not.
      assert.ok([7 / 60, 8 / 60].includes(record.notFoundFraction), String(record.notFoundFraction));
      assert.equal(record.histogram.counts.at(-1), Math.round(record.notFoundFraction * 60));
      assert.ok(record.gradientEvaluations > 0 && record.gradientEvaluations <= 40 && record.attack !== '');
      const known = seen.findIndex((etaSeconds) => etaSeconds < Infinity);
      assert.ok(known > 0 && seen.slice(known).every((etaSeconds) => etaSeconds >= 0 && etaSeconds < Infinity));
      assert.equal(seen.at(-1), 0);
      assert.equal(engine.memory().numTensors, numTensors);
    });
  }

  it('measures robust accuracy at a few ε, and says what it is of', async () => {
    const margins = Array.from({ length: 60 }, (_, example) => linear.margin(example, 'linf'));
    const epsilon = lengthBetween(
      margins.filter((margin) => margin > 0).sort((x, y) => x - y),
      14,
    );
    const { robustAccuracies } = await evaluateTrained(request({ epsilons: [epsilon] }));
    const accuracy = margins.filter((margin) => margin > epsilon).length / 60;
    const attacks = ['pgd-ce', 'pgd-cw'];
    assert.deepEqual(robustAccuracies, [{ epsilon, examples: 60, accuracy, attacks, iterations: 20, restarts: 2 }]);
    assert.ok(finalEpsilons(0.45).every((each) => each > 0 && each <= 0.45));
    assert.ok(!('robustAccuracies' in (await evaluateTrained(request({ marginExamples: 1 })))));
  });

  it('stops when it is asked to', async () => {
    const { numTensors } = engine.memory();
    await assert.rejects(evaluateTrained(request({ shouldContinue: () => false })), { kind: 'cancelled' });
    let looks = 0;
    await assert.rejects(evaluateTrained(request({ shouldContinue: () => ++looks < 6 })), { kind: 'cancelled' });
    assert.equal(engine.memory().numTensors, numTensors);
  });

  it('refuses weights that are not the model’s', async () => {
    const kernel = { 'dense.kernel': weights['dense.kernel']! };
    await assert.rejects(evaluateTrained(request({ weights: kernel })), {
      kind: 'invalid-input',
      message: /dense\.bias/,
    });
  });

  it('counts every margin once, one that was not found above all edges', () => {
    const { edges, counts } = marginHistogram(
      [
        { status: 'misclassified', distance: 0 },
        { status: 'found', distance: 0.05 },
        { status: 'found', distance: 0.051 },
        { status: 'found', distance: 1 },
        { status: 'not-found', distance: 1 },
      ],
      1,
    );
    assert.equal(edges.at(-1), 1);
    assert.ok(Math.abs(edges[0]! - 0.05) < 1e-12);
    assert.equal(counts.length, edges.length + 1);
    assert.deepEqual([counts[0], counts[1], counts.at(-2), counts.at(-1)], [2, 1, 1, 1]);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      5,
    );
  });
});
