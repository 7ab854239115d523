import assert from 'node:assert/strict';
import { dispose } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { neverStop } from '../../../../core/margin/pace.js';
import type { HostTensors } from '../../../../core/model/host-tensors.js';
import { mlp } from '../../../../core/model/mlp.js';
import { buildModel, type Model } from '../../../../core/model/model.js';
import { toTensors } from '../../../../core/model/weights.js';
import type { Examples } from '../../../../trainer/data/dataset.js';
import { evaluateTrained } from '../../../../trainer/evaluate/final-evaluation.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../trainer/mma/checkpoint-file.js';
import type { Checkpoint } from '../../../../trainer/mma/checkpoint.js';
import { EMPTY_HISTORY } from '../../../../trainer/mma/history-record.js';
import { mean } from '../../../../trainer/mma/mean.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { train } from '../../../../trainer/mma/training-loop.js';
import { compileValidation } from '../../../../trainer/mma/validation.js';
import { linearProblem } from '../../../support/linear-model.js';
import { ONE_STEP, stepOnce } from '../../../support/one-step.js';
import * as stripes from '../../../support/stripes-training.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const COUNT = 30;

const CONFIG: TrainingConfig = {
  ...ONE_STEP,
  method: 'omma',
  bisections: 10,
  cleanCoefficient: 0,
  optimizer: { rule: 'sgd', learningRate: 1e-3, momentum: 0, weightDecay: 0 },
};
const REACH = 1.05 * CONFIG.maxDistance;

const linear = linearProblem(COUNT, 9);
const kernel = linear.weights['dense.kernel']!;
const w = Array.from({ length: kernel.data.length / 2 }, (_, i) => kernel.data[2 * i + 1]!);
const length1 = w.reduce((sum, weight) => sum + Math.abs(weight), 0);
const imageOf = (example: number): number[] => w.map((_, i) => linear.examples.images[example * w.length + i]! / 255);
const product = (x: readonly number[]): number => x.reduce((sum, value, i) => sum + value * w[i]!, 0);
const isOne = (example: number): boolean => linear.examples.labels[example] === 1;

/** What the published code of the method gets wrong, by its effects: each of these fails where it is done. */
describe('faults of the published code', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  /** One step on some of the linear problem's examples, searches starting at the examples themselves. */
  const stepOn = async (model: Model, weights: HostTensors, config: TrainingConfig, chosen: readonly number[]) =>
    (await stepOnce(engine, { model, weights, examples: linear.examples, config, chosen }))!;

  it('searches in training mode: here the running statistics judge it, and the search does not move them', async () => {
    const layers = [
      { kind: 'batchNorm', name: 'bn' },
      { kind: 'flatten' },
      { kind: 'dense', name: 'dense', units: 2 },
    ] as const;
    const model = buildModel({ family: 'linear', inputShape: [4, 4, 1], classes: 2, layers });
    const values = Array.from({ length: COUNT }, (_, example) => imageOf(example));
    const [x, runningMean, runningVariance] = [mean(values.flat()), 3, 4];
    const variance = mean(values.flat().map((value) => (value - x) ** 2));
    // What the clean pass leaves, which is what the search is to be judged by: the model is linear then.
    const mu = 0.9 * runningMean + 0.1 * x;
    const sigma = Math.sqrt(0.9 * runningVariance + 0.1 * variance * (480 / 479) + 1e-5);
    const normalisedBy = (from: number, scale: number) =>
      values.map((image) => product(image.map((value) => (value - from) / scale)));
    const normalised = normalisedBy(mu, sigma);
    // Which examples are right at all is the clean pass's to say, and it is in training mode.
    const inBatch = normalisedBy(x, Math.sqrt(variance + 1e-5));
    const b = 0.003 - normalised.toSorted((p, q) => p - q)[COUNT / 2]!;
    const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
    const weights = {
      ...{ 'bn.scale': one(1), 'bn.offset': one(0), 'bn.mean': one(runningMean), 'bn.variance': one(runningVariance) },
      ...{ 'dense.kernel': kernel, 'dense.bias': { shape: [2], data: Float32Array.of(0, b) } },
    };
    const { report, statistics } = await stepOn(model, weights, CONFIG, [...values.keys()]);

    // Two moves: by the clean examples, and by the points found, which lie within reach of them.
    const after = statistics['bn.mean']!.data[0]!;
    const expected = 0.81 * runningMean + 0.19 * x;
    assert.ok(Math.abs(after - expected) <= 0.1 * REACH, `${after}, expected ${expected}`);
    const found: number[] = [];
    for (const [example, radius] of report.radii.entries()) {
      const score = normalised[example]! + b;
      const correct = [score, inBatch[example]! + b].every((each) => each > 0 === isOne(example));
      const margin = correct ? (Math.abs(score) * sigma) / length1 : 0;
      if (margin > 0 && margin < REACH) found.push(margin);
      assert.ok(Math.abs(radius - Math.min(margin, REACH)) <= 1e-4, `${example}: ${radius}, expected ${margin}`);
    }
    assert.ok(found.length > 5);
  });

  it('returns the last midpoint: here the point that is learned from is wrong, each of them', async () => {
    const config = { ...CONFIG, maxDistance: 0.2, bisections: 4, batchSize: 1 };
    const correct = Array.from({ length: COUNT }, (_, example) => example).filter(linear.isCorrect);
    assert.ok(correct.length > 10);
    for (const example of correct) {
      const { report } = await stepOn(linear.model, linear.weights, config, [example]);
      // SLM ≥ 0 is CE ≥ log 2, and a midpoint of so wide a bracket is as likely on one side as on the other.
      assert.ok(report.marginLoss >= Math.LN2 - 1e-6, `${example}: ${report.marginLoss}`);
      assert.ok(report.radii[0]! >= 0.999 * linear.margin(example, 'linf'));
    }
  });

  it('reports the multiplier of a ray: here the norm of the perturbation that is left in the box', async () => {
    // Every pixel may move 0.1 towards the boundary, which is 0.05 away, while PGD looks for it at 0.3: along δ_PGD / 0.3 it lies at 0.15.
    const margin = 0.05;
    const image = Uint8Array.from(w, (weight) => (weight > 0 ? 26 : 229));
    const b = margin * length1 - product(Array.from(image, (value) => value / 255));
    const weights = toTensors({ ...linear.weights, 'dense.bias': { shape: [2], data: Float32Array.of(0, b) } });
    const examples: Examples = { count: 1, images: image, labels: Uint8Array.of(1) };
    const config = { ...CONFIG, maxDistance: 0.45, attackIterations: 40, bisections: 20, batchSize: 1 };
    const found = await compileValidation(engine.compile, linear.model, examples, config)(weights, neverStop);
    assert.ok(Math.abs(found!.margin - margin) <= 1e-4, `${found!.margin}, expected ${margin}`);
    dispose(weights);
  });

  it('reports 1.05 d_max where nothing on the ray succeeds: here that is told apart, and not learned from', async () => {
    const all = Array.from({ length: COUNT }, (_, example) => example);
    // All but the misclassified lie beyond.
    const nearest = Math.min(...all.filter(linear.isCorrect).map((example) => linear.margin(example, 'linf')));
    const maxDistance = nearest / 2;
    const record = await evaluateTrained({
      ...{ engine, model: linear.model, weights: linear.weights, examples: linear.examples, norm: 'linf' },
      ...{ maxDistance, marginExamples: COUNT, gradientEvaluations: 20, seed: 1n },
    });
    const wrong = all.filter((example) => !linear.isCorrect(example));
    assert.equal(record.notFoundFraction, 1 - wrong.length / COUNT);
    assert.equal(record.histogram.counts.at(-1), COUNT - wrong.length);

    const { report } = await stepOn(
      linear.model,
      linear.weights,
      { ...CONFIG, maxDistance, minRadius: nearest / 8 },
      all,
    );
    const bias = linear.weights['dense.bias']!.data[1]!;
    const losses = wrong.map((example) => {
      const score = product(imageOf(example)) + bias;
      return Math.log1p(Math.exp(isOne(example) ? -score : score));
    });
    const expected = losses.reduce((sum, loss) => sum + loss, 0) / COUNT;
    assert.ok(Math.abs(report.marginLoss - expected) <= 1e-5, `${report.marginLoss}, expected ${expected}`);
  });

  it('keeps every radius in each checkpoint, and cannot resume: here a radius an example, and the same bits', async () => {
    const saved: Uint8Array[] = [];
    // So small that searches start from what was recorded.
    const optimizer = { ...stripes.MMA.optimizer, learningRate: 0.05 };
    const config = {
      ...stripes.MMA,
      minRadius: 0.01,
      optimizer,
      steps: 24,
      checkpointInterval: 6,
      validationInterval: 24,
    };
    const model = buildModel(mlp([16], [8, 8, 1], 3));
    const request = { engine, model, train: stripes.examples, validation: stripes.validation, config };
    const saveCheckpoint = (checkpoint: Checkpoint) => Promise.resolve(void saved.push(encodeCheckpoint(checkpoint)));
    const whole = await train({ ...request, saveCheckpoint });
    const checkpoints = saved.map((file) => decodeCheckpoint(file));
    assert.equal(checkpoints.length, 4);
    assert.ok(checkpoints[1]!.radii.some((radius) => radius > config.minRadius));
    // But for its history, which is thinned, and the best weights, which the last one has for the first time.
    const sizes = checkpoints.map(({ fingerprint, step, weights, moments, radii, order, random, figures }) => {
      const lasting = { fingerprint, step, weights, moments, radii, order, random, figures, history: EMPTY_HISTORY };
      return encodeCheckpoint(lasting).length;
    });
    for (const [i, { radii }] of checkpoints.entries()) {
      assert.equal(radii.length, stripes.examples.count);
      // Numbers in JSON may have more or fewer digits.
      assert.ok(Math.abs(sizes[i]! - sizes[0]!) < 64, sizes.join());
    }
    const again = await train({ ...request, resume: checkpoints[1]! });
    stripes.assertSameBits(again.weights, whole.weights);
  });
});
