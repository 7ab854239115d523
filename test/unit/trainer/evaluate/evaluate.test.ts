import assert from 'node:assert/strict';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { ATTACK_NORMS } from '../../../../core/margin/threat-model.js';
import { autoAttackStages } from '../../../../trainer/evaluate/attack-stages.js';
import { evaluate, identityOf, runShards } from '../../../../trainer/evaluate/evaluate.js';
import type { EvaluationResult } from '../../../../trainer/evaluate/evaluation-result.js';
import { readEvaluationResult } from '../../../../trainer/evaluate/evaluation-schema.js';
import { SHOWN_EXAMPLES } from '../../../../trainer/evaluate/margin-report.js';
import { wilsonInterval } from '../../../../trainer/evaluate/wilson-interval.js';
import { SMALLER_EPSILON } from '../../../../trainer/evaluate/robust-accuracy.js';
import { shardsInMemory } from '../../../../trainer/evaluate/shard-store.js';
import { lengthBetween, linear, linearEvaluation, linearMargins } from '../../../support/linear-evaluation.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

/** Everything but how long it took. */
const timeless = (result: EvaluationResult) => ({ ...result, cost: { ...result.cost, seconds: 0 } });

describe('evaluation by a plan', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  for (const norm of ATTACK_NORMS) {
    it(`counts as robust what the closed form says (${norm})`, async () => {
      const { numTensors } = engine.memory();
      const margins = linearMargins(norm, 70);
      const epsilons = [6, 16, 26].map((rank) => lengthBetween(margins, rank));
      const result = await evaluate(linearEvaluation(engine, norm, { epsilons }));
      assert.equal(result.cleanAccuracy, linearMargins(norm).length / 120);
      assert.equal(result.cleanExamples, 120);
      for (const [rank, { epsilon, accuracy, examples, attacks }] of result.whiteBox.entries()) {
        assert.deepEqual([epsilon, examples], [epsilons[rank], 70]);
        assert.equal(accuracy, margins.filter((margin) => margin > epsilon).length / 70);
        assert.deepEqual(
          attacks.map(({ attack }) => attack),
          [
            ...(rank === 0 ? [] : [SMALLER_EPSILON]),
            ...(norm === 'l1' ? ['apgd-ce', 'apgd-dlr'] : ['pgd-ce', 'pgd-cw']),
          ],
        );
        // Each meets what the one before it left.
        let left = margins.length;
        for (const { attempted, broken } of attacks) {
          assert.equal(attempted, left);
          left -= broken;
        }
        assert.equal(left, accuracy * 70);
      }
      const clean = margins.length / 70;
      const robust = result.whiteBox.map(({ accuracy }) => accuracy);
      const sum = robust.reduce((total, accuracy) => total + accuracy, 0);
      assert.equal(result.avgRobAcc, sum / 3);
      assert.equal(result.avgAcc, (clean + sum) / 4);
      // Clean and robust accuracy of the averages are of the same examples, the attacked ones, and say so.
      assert.deepEqual(result.attackedClean, { examples: 70, accuracy: clean, interval: wilsonInterval(clean, 70) });
      assert.deepEqual(result.avgRobAccInterval, wilsonInterval(sum / 3, 70));
      assert.deepEqual(result.cleanInterval, wilsonInterval(result.cleanAccuracy, 120));
      for (const { accuracy, interval } of result.whiteBox) assert.deepEqual(interval, wilsonInterval(accuracy, 70));
      assert.ok(robust.every((accuracy, rank) => accuracy < (robust[rank - 1] ?? clean)));
      assert.equal(engine.memory().numTensors, numTensors);
    });
  }

  it('reports margins: quartiles, classes, the closest and the farthest with their perturbations', async () => {
    const maxDistance = linearMargins('l2', 70).at(-5) ?? NaN;
    const { margins } = await evaluate(linearEvaluation(engine, 'l2', { robustExamples: 0, maxDistance }));
    assert.ok(margins !== undefined);
    const exact = Array.from({ length: 70 }, (_, example) => Math.min(linear.margin(example, 'l2'), maxDistance));
    assert.deepEqual(
      margins.each.map(({ index }) => index),
      [...exact.keys()],
    );
    for (const { index, distance, status, label } of margins.each) {
      assert.ok(Math.abs(distance - (exact[index] ?? NaN)) <= 0.01 * maxDistance, `${index}: ${distance}`);
      assert.equal(status === 'misclassified', !linear.isCorrect(index));
      assert.equal(label, linear.examples.labels[index]);
    }
    const ascending = exact.toSorted((a, b) => a - b);
    const at = (place: number) => ((ascending[Math.floor(place)] ?? 0) + (ascending[Math.ceil(place)] ?? 0)) / 2;
    assert.ok(Math.abs(margins.quartiles[1] - at(34.5)) <= 0.01 * maxDistance);
    assert.equal(margins.misclassifiedFraction, 1 - linearMargins('l2', 70).length / 70);
    assert.deepEqual(
      margins.byClass.map(({ label, examples }) => [label, examples]),
      [0, 1].map((label) => [label, margins.each.filter((each) => each.label === label).length]),
    );
    const found = margins.each.filter(({ status }) => status === 'found').map(({ distance }) => distance);
    const sorted = found.toSorted((a, b) => a - b);
    assert.equal(margins.attack, 'best-of');
    assert.deepEqual(margins.byAttack, [{ attack: 'adaptive-pgd', found: found.length }]);
    assert.deepEqual(
      margins.closest.map(({ distance }) => distance),
      sorted.slice(0, SHOWN_EXAMPLES),
    );
    assert.deepEqual(
      margins.farthest.map(({ distance }) => distance),
      sorted.toReversed().slice(0, SHOWN_EXAMPLES),
    );
    for (const { index, input, perturbation, distance } of [...margins.closest, ...margins.farthest]) {
      const [x, delta] = [input, perturbation].map(
        (text) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer),
      );
      assert.deepEqual(
        Array.from(x ?? [], (value) => Math.round(255 * value)),
        Array.from(linear.examples.images.subarray(16 * index, 16 * index + 16)),
      );
      assert.ok(Math.abs(Math.hypot(...(delta ?? [])) - distance) <= 1e-9);
    }
  });

  it('finds the same however the shards are shared out and continued', async () => {
    const request = linearEvaluation(engine, 'linf', { epsilons: [0.004, 0.008], iterations: 4, marginBudget: 10 });
    const whole = await evaluate(request);

    const shared = shardsInMemory();
    const second = await runShards(request, shared, { index: 2, count: 2 });
    assert.ok(second.finished > 0 && second.finished < second.shards);
    const first = await runShards(request, shared, { index: 1, count: 2 });
    assert.equal(first.finished, first.shards);
    const never = { ...request, shouldContinue: () => false };
    assert.deepEqual(timeless(await evaluate(never, shared)), timeless(whole), 'nothing is left to be done');

    const continued = shardsInMemory();
    let stops = 0;
    let result: EvaluationResult | undefined;
    for (let looks = 5; result === undefined; looks += 6) {
      let left = looks;
      result = await evaluate({ ...request, shouldContinue: () => left-- > 0 }, continued).catch((error: unknown) => {
        assert.ok(error instanceof Error && 'kind' in error && error.kind === 'cancelled', String(error));
        stops++;
        return undefined;
      });
    }
    assert.ok(stops > 2);
    assert.deepEqual(timeless(result), timeless(whole));
  });

  for (const norm of ['linf', 'l1'] as const) {
    it(`runs AutoAttack on what is correct, each attack on what the one before it left (${norm})`, async () => {
      const { numTensors } = engine.memory();
      const margins = linearMargins(norm, 16);
      const few = { robustExamples: 16, marginExamples: 0, cleanExamples: 16, epsilons: [] };
      // Beyond all margins but those of the last few: what withstands all attacks costs the whole of each.
      const epsilon = lengthBetween(margins, margins.length - 6);
      const { autoAttack, whiteBox, avgAcc } = await evaluate(
        linearEvaluation(engine, norm, { ...few, autoAttackEpsilons: [epsilon] }),
      );
      assert.deepEqual([whiteBox, avgAcc], [[], undefined]);
      assert.deepEqual(
        autoAttack.map(({ accuracy }) => accuracy),
        [margins.filter((margin) => margin > epsilon).length / 16],
      );
      assert.deepEqual(
        autoAttack[0]?.attacks.map(({ attack }) => attack),
        autoAttackStages(norm).map(({ attack }) => attack),
      );
      assert.equal(autoAttack[0].attacks[0]?.attempted, margins.length);
      assert.equal(engine.memory().numTensors, numTensors);
    });
  }

  it('passes the flags of masking on', async () => {
    const request = linearEvaluation(engine, 'linf', {
      ...{ cleanExamples: 8, robustExamples: 0, marginExamples: 0, maskingChecks: true, epsilons: [0.005] },
    });
    const { masking } = await evaluate({ ...request, examples: { ...linear.examples, count: 8 } });
    assert.ok(masking.length > 2);
    for (const { check, raised, reason } of masking) assert.ok(!raised && reason !== '', `${check}: ${reason}`);
  });

  it('comes back from JSON as it was', async () => {
    const result = await evaluate(linearEvaluation(engine, 'linf', { epsilons: [0.005] }));
    const text = JSON.stringify(result);
    const read = readEvaluationResult(text, 'result.json');
    assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(text));
    const damaged = JSON.stringify({ ...result, cleanAccuracy: 1.5 });
    assert.throws(() => readEvaluationResult(damaged, 'result.json'), {
      kind: 'invalid-input',
      message: /^result\.json: cleanAccuracy: /,
    });
    assert.throws(() => readEvaluationResult(text.slice(0, -9), 'result.json'), { message: /^result\.json: .*JSON/ });
  });

  it('tells how far it is, up to the end', async () => {
    const shares: number[] = [];
    const parts = new Set<string>();
    const request = linearEvaluation(engine, 'linf', { epsilons: [0.005] });
    await evaluate({
      ...request,
      onProgress: ({ fraction, part, etaSeconds }) => {
        shares.push(fraction);
        parts.add(part);
        assert.ok(etaSeconds >= 0);
      },
    });
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
    assert.equal(shares.at(-1), 1);
    assert.deepEqual([...parts], ['accuracy', 'margins', 'white-box, ε 0.005']);
  });

  it('is another evaluation with another plan, other weights or other data', () => {
    const request = linearEvaluation(engine, 'linf', {}, { checksums: ['a'] });
    const others = [
      linearEvaluation(engine, 'linf', { seed: '2' }, { checksums: ['a'] }),
      { ...request, checksums: ['b'] },
      { ...request, dataset: { ...request.dataset, fingerprint: 'other' } },
    ];
    const keys = [request, ...others].map((each) => JSON.stringify(identityOf(each)));
    assert.equal(new Set(keys).size, 4);
  });
});
