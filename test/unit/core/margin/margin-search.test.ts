import assert from 'node:assert/strict';
import { dispose, fill, memory, mul, tensor4d, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { DomainError } from '../../../../core/errors.js';
import type { WeightedClassifier } from '../../../../core/margin/attack-steps.js';
import { hostLength } from '../../../../core/margin/host-length.js';
import { largestLogit } from '../../../../core/margin/host-logits.js';
import {
  compileMarginSearch,
  type MarginFinding,
  type MarginSearchRequest,
} from '../../../../core/margin/margin-search.js';
import { NORMS, type Norm } from '../../../../core/margin/threat-model.js';
import { exactMargin, linearCase, linearClassifier, linearTensors } from '../../../support/linear-classifier.js';
import {
  constantClassifier,
  flatClassifier,
  perceptron,
  perceptronTensors,
} from '../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
const COUNT = 8;

describe('margin search', () => {
  let engine: Engine;
  let weights: ReturnType<typeof perceptronTensors>['weights'];
  let inputs: ReturnType<typeof perceptronTensors>['inputs'];
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    ({ weights, inputs } = perceptronTensors(1, COUNT));
  });
  after(() => {
    dispose([inputs]);
    dispose(weights);
  });

  type Options = Partial<MarginSearchRequest> & { readonly norm?: Norm; readonly classifier?: WeightedClassifier };
  /** A search with defaults; the values of the perturbations, whose tensor is disposed. */
  const find = async ({ norm = 'linf', classifier = perceptron, ...request }: Options = {}) => {
    const search = compileMarginSearch(engine.compile, classifier, { norm, bounds: BOUNDS });
    const alive = memory().numTensors;
    try {
      const { findings, perturbations } = await search.find({
        weights,
        inputs,
        maxDistance: norm === 'linf' ? 1 : 6,
        maxGradientEvaluations: 20,
        seed: 7n,
        ...request,
      });
      const values = perturbations.dataSync() as Float32Array;
      perturbations.dispose();
      return { findings, values };
    } finally {
      assert.equal(memory().numTensors, alive, 'tensors are left over');
    }
  };
  const mean = (findings: readonly MarginFinding[]): number =>
    findings.reduce((sum, { distance }) => sum + distance, 0) / findings.length;

  for (const norm of NORMS) {
    it(`${norm}: whoever adds a perturbation to its input, in float32, is answered wrongly, as far away as was said`, async () => {
      const { findings, values } = await find({ norm });
      const pixels = inputs.dataSync();
      for (const [i, finding] of findings.entries()) {
        assert.equal(finding.status, 'found');
        const perturbation = values.subarray(i * 36, (i + 1) * 36);
        const point = perturbation.map((value, j) =>
          Math.min(1, Math.max(0, Math.fround(pixels[i * 36 + j]! + value))),
        );
        const logits = tidy(() => perceptron(weights, tensor4d(point, [1, 6, 6, 1])).dataSync() as Float32Array);
        assert.equal(largestLogit(logits), finding.adversarialClass);
        assert.notEqual(finding.adversarialClass, finding.label);
        assert.equal(finding.distance, hostLength(norm, perturbation));
        assert.equal(finding.gradientEvaluations, 20);
        assert.ok(finding.complete && finding.lowerBound === 0 && finding.logitMargin < 0);
      }
    });

    it(`${norm}: nothing longer than the largest distance is found`, async () => {
      const { findings } = await find({ norm, maxGradientEvaluations: 40 });
      const middle = findings.map(({ distance }) => distance).sort((a, b) => a - b)[COUNT / 2]!;
      const { findings: limited, values } = await find({ norm, maxGradientEvaluations: 40, maxDistance: middle });
      for (const [i, { status, distance, adversarialClass }] of limited.entries()) {
        assert.ok(distance <= middle);
        if (status === 'found') continue;
        assert.ok(status === 'not-found' && distance === middle && adversarialClass === -1);
        assert.ok(values.subarray(i * 36, (i + 1) * 36).every((value) => value === 0));
      }
      const found = limited.filter(({ status }) => status === 'found').length;
      assert.ok(found > 0 && found < COUNT, `${found} found`);
    });

    it(`${norm}: scaling the logits leaves the distances`, async () => {
      const { findings } = await find({ norm });
      for (const scale of [0.1, 1000]) {
        const scaled = await find({ norm, classifier: (given, x) => mul<Tensor2D>(perceptron(given, x), scale) });
        assert.ok(
          Math.abs(mean(scaled.findings) / mean(findings) - 1) < 0.02,
          `${scale}: ${mean(scaled.findings)} ${mean(findings)}`,
        );
      }
    });

    it(`${norm}: more gradients find shorter perturbations`, async () => {
      const means: number[] = [];
      for (const maxGradientEvaluations of [1, 10, 100]) {
        means.push(mean((await find({ norm, maxGradientEvaluations })).findings));
      }
      assert.ok(means[1]! < means[0]! && means[2]! <= means[1]!, means.join());
    });

    it(`${norm}: a zero gradient at the input does not end the search`, async () => {
      const flat = fill<Rank.R4>([2, 6, 6, 1], 0.5);
      const { findings } = await find({ norm, classifier: flatClassifier, inputs: flat });
      // A value raised by 0.15, or all of them by somewhat more than 0.1.
      for (const { status, distance } of findings)
        assert.ok(status === 'found' && distance < (norm === 'linf' ? 0.2 : 1));
      flat.dispose();
    });

    it(`${norm}: a target class is reached, and for two classes that is leaving the other`, async () => {
      const there = await find({ norm, maxGradientEvaluations: 40, targetClass: 2 });
      assert.ok(there.findings.some(({ status }) => status === 'found'));
      for (const finding of there.findings) {
        if (finding.predictedClass === 2) {
          assert.ok(finding.status === 'target-reached' && finding.distance === 0 && finding.gradientEvaluations === 0);
        } else {
          if (finding.status === 'found') assert.equal(finding.adversarialClass, 2);
        }
      }
      const model = linearCase(3, 2, COUNT, 0.4, 0.6);
      const two = linearTensors(model);
      const { findings } = await find({ norm, ...two, classifier: linearClassifier, targetClass: 1 });
      for (const [i, { status, distance }] of findings.entries()) {
        if (status === 'target-reached') continue;
        const margin = exactMargin(model, i, norm, BOUNDS);
        assert.ok(distance >= margin * (1 - 1e-5) && distance <= margin * 1.01, `${distance}, ${margin}`);
      }
      dispose(two.inputs);
      dispose(two.weights);
    });
  }

  it('labels decide what is misclassified; that costs nothing', async () => {
    const { findings: own } = await find();
    const labels = own.map(({ predictedClass }, i) => (i % 2 === 0 ? predictedClass : (predictedClass + 1) % 4));
    const { findings } = await find({ labels });
    for (const [i, finding] of findings.entries()) {
      assert.equal(finding.label, labels[i]);
      if (i % 2 === 0) {
        assert.equal(finding.status, 'found');
      } else {
        const { status, distance, gradientEvaluations, adversarialClass, logitMargin } = finding;
        assert.deepEqual([status, distance, gradientEvaluations, adversarialClass], ['misclassified', 0, 0, -1]);
        assert.ok(logitMargin > 0);
      }
    }
    const wrong = own.map(({ predictedClass }) => (predictedClass + 1) % 4);
    assert.ok((await find({ labels: wrong })).findings.every(({ status }) => status === 'misclassified'));
  });

  it('of a constant classifier nothing is found, and nothing breaks', async () => {
    const { findings } = await find({ classifier: constantClassifier });
    for (const { status, distance } of findings) assert.deepEqual([status, distance], ['not-found', 1]);
  });

  it('spends the budget, however small it is', async () => {
    for (const maxGradientEvaluations of [1, 2, 3, 4, 5, 9, 10, 23, 100]) {
      const { findings } = await find({ maxGradientEvaluations });
      assert.ok(findings.filter(({ status }) => status === 'found').length >= COUNT / 2);
      for (const finding of findings) {
        assert.equal(finding.gradientEvaluations, maxGradientEvaluations);
        assert.deepEqual([finding.complete, finding.converged], [true, false], 'it takes 200 to converge');
      }
    }
  });

  it('ends with the best so far when it is told to, and with the error when it is aborted', async () => {
    let asked = 0;
    const whole = await find({ maxGradientEvaluations: 40, shouldContinue: () => ++asked > 0 });
    const means: number[] = [];
    for (const fraction of [0, 0.1, 0.25, 0.5, 0.8, 0.99]) {
      const last = Math.floor(fraction * asked);
      let askedNow = 0;
      const { findings } = await find({ maxGradientEvaluations: 40, shouldContinue: () => askedNow++ < last });
      assert.equal(askedNow, last + 1, 'asked once more, and not again');
      assert.ok(
        findings.every(
          ({ complete, converged, gradientEvaluations }) => !complete && !converged && gradientEvaluations <= 40,
        ),
      );
      means.push(mean(findings));
      askedNow = 0;
      const shouldContinue = (): boolean => {
        if (askedNow++ === last) throw new Error('aborted');
        return true;
      };
      await assert.rejects(find({ maxGradientEvaluations: 40, shouldContinue }), /aborted/);
    }
    means.push(mean(whole.findings));
    assert.deepEqual(
      means,
      means.toSorted((a, b) => b - a),
      'the later, the shorter',
    );
    assert.equal(means[0], 1, 'nothing is found before anything is tried');
  });

  it('finds the same where evaluations are short, and several are one call, as where each is one', async () => {
    // That no evaluation uses it makes none of them longer, but that is not looked at.
    const unused = zeros([Math.ceil(4e8 / inputs.size)]);
    for (const norm of NORMS) {
      const asked = { short: 0, long: 0 };
      const shouldContinue = (which: keyof typeof asked) => () => ++asked[which] > 0;
      const short = await find({ norm, shouldContinue: shouldContinue('short') });
      const long = await find({ norm, weights: { ...weights, unused }, shouldContinue: shouldContinue('long') });
      assert.ok(asked.short < asked.long / 2, `asked ${asked.short} times, and ${asked.long} times`);
      for (const [index, { status, distance, gradientEvaluations }] of short.findings.entries()) {
        const other = long.findings[index]!;
        assert.deepEqual([other.status, other.gradientEvaluations], [status, gradientEvaluations]);
        assert.ok(Math.abs(other.distance / distance - 1) < 1e-3, `input ${index}: ${distance}, ${other.distance}`);
      }
    }
    unused.dispose();
  });

  it('refuses what it cannot search, naming the field', async () => {
    const refusals: readonly (readonly [Options, RegExp])[] = [
      [{ maxDistance: 0 }, /^max_distance: /],
      [{ maxDistance: NaN }, /^max_distance: /],
      [{ maxDistance: Infinity }, /^max_distance: /],
      [{ maxGradientEvaluations: 0 }, /^budget\.max_gradient_evaluations: /],
      [{ maxGradientEvaluations: 1.5 }, /^budget\.max_gradient_evaluations: /],
      [{ labels: [0] }, /^labels: expected one for each of 8 inputs, got 1$/],
      [{ labels: [0, 0, -1, 0, 0, 0, 0, 0] }, /^labels\[2\]: expected a class from 0 to 3, got -1$/],
      [{ labels: [0, 0, 0, 4, 0, 0, 0, 0] }, /^labels\[3\]: /],
      [{ targetClass: 4 }, /^target_class: expected a class from 0 to 3, got 4$/],
    ];
    for (const [options, message] of refusals) {
      await assert.rejects(find(options), (error: unknown) => {
        assert.ok(error instanceof DomainError);
        assert.equal(error.kind, 'invalid-input');
        assert.match(error.message, message);
        return true;
      });
    }
  });

  it('says so where the model answers no numbers', async () => {
    const classifier: WeightedClassifier = (given, x) => mul<Tensor2D>(perceptron(given, x), NaN);
    await assert.rejects(find({ classifier }), { kind: 'internal' });
  });
});
