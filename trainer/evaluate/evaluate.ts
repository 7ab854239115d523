import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../core/engine/engine.js';
import { DomainError, invalidInput } from '../../core/errors.js';
import type { WeightedClassifier } from '../../core/margin/attack-steps.js';
import { logitMargin } from '../../core/margin/losses.js';
import { compileMarginSearch, type MarginFinding } from '../../core/margin/margin-search.js';
import { unhurried, type Proceed } from '../../core/margin/pace.js';
import type { Norm } from '../../core/margin/threat-model.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import { toTensors, weightsFor } from '../../core/model/weights.js';
import type { EvaluationRecord } from '../../core/registry/manifest.js';
import type { Examples } from '../data/dataset.js';
import { gather, IMAGE_BOUNDS, inBatches } from '../mma/batches.js';
import { marginHistogram } from './margin-histogram.js';

/** Examples evaluated at a time: enough to fill an engine, few enough that it stops soon. */
const BATCH_SIZE = 48;

/** What is evaluated, and how. */
export interface EvaluationRequest {
  readonly engine: Engine;
  readonly model: Model;
  /** Parameters and running statistics. */
  readonly weights: HostTensors;
  readonly examples: Examples;
  readonly norm: Norm;
  /** The largest distance that is searched: 1.05 d_max after a training. */
  readonly maxDistance: number;
  /** The margins of the first so many examples are measured, at least 1. */
  readonly marginExamples: number;
  /** What a margin may cost. */
  readonly gradientEvaluations: number;
  /** What random starts are drawn from. */
  readonly seed: bigint;
  /** Asked between the parts of the work; false ends the evaluation with an error. */
  readonly proceed?: Proceed;
  /** After each batch: of clean accuracies first, then of margins. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * What a model does on a test set: clean accuracy over all examples, and the margins of the first ones.
 *
 * A misclassified example has margin 0, and a censored one counts `maxDistance`.
 *
 * @throws cancelled if `proceed` stopped it; invalid-input if there is no example, or the weights are not the model's
 */
export async function evaluate(request: EvaluationRequest): Promise<EvaluationRecord> {
  const { model, examples, norm, maxDistance, onProgress } = request;
  if (examples.count === 0) throw invalidInput('examples', 'at least 1', '0');
  const marginExamples = Math.min(request.marginExamples, examples.count);
  const classifier: WeightedClassifier = (weights, inputs) => model.apply(weights, weights, inputs, false).logits;
  const progress = (done: number): void => onProgress?.(done, examples.count + marginExamples);
  const weights = toTensors(weightsFor(model.architecture, request.weights));
  try {
    const correct = await countCorrect(request, classifier, weights, progress);
    const findings = await findMargins(request, classifier, weights, marginExamples, progress);
    const distances = findings.map(({ distance }) => distance);
    return {
      examples: examples.count,
      cleanAccuracy: correct / examples.count,
      marginExamples,
      meanMargin: distances.reduce((sum, distance) => sum + distance, 0) / marginExamples,
      medianMargin: median(distances),
      censoredShare: findings.filter(({ status }) => status === 'not-found').length / marginExamples,
      norm,
      maxDistance,
      attack: findings[0]?.attack ?? '',
      gradientEvaluations: Math.max(...findings.map((finding) => finding.gradientEvaluations)),
      histogram: marginHistogram(findings, maxDistance),
    };
  } finally {
    dispose(weights);
  }
}

async function countCorrect(
  { engine, model, examples, proceed = unhurried }: EvaluationRequest,
  classifier: WeightedClassifier,
  weights: TensorMap,
  progress: (done: number) => void,
): Promise<number> {
  const margins = engine.compile(
    (at: TensorMap, inputs: Tensor4D, labels: Tensor1D) => logitMargin(classifier(at, inputs), labels),
    { callsPerWeights: Infinity },
  );
  let correct = 0;
  let done = 0;
  for (const { examples: batch, used } of inBatches(examples.count, BATCH_SIZE)) {
    await orStop(proceed);
    const { inputs, labels } = gather(examples, model.architecture.inputShape, batch);
    const losses = tidy(() => margins(weights, inputs, labels));
    for (const loss of (await losses.data()).subarray(0, used)) if (loss < 0) correct++;
    dispose([inputs, labels, losses]);
    progress((done += used));
  }
  return correct;
}

async function findMargins(
  request: EvaluationRequest,
  classifier: WeightedClassifier,
  weights: TensorMap,
  count: number,
  progress: (done: number) => void,
): Promise<readonly MarginFinding[]> {
  const { engine, model, examples, norm, maxDistance, gradientEvaluations, seed, proceed = unhurried } = request;
  const search = compileMarginSearch(engine.compile, classifier, { norm, bounds: IMAGE_BOUNDS });
  const findings: MarginFinding[] = [];
  for (const { examples: batch, used } of inBatches(count, BATCH_SIZE)) {
    await orStop(proceed);
    const { inputs, labels } = gather(examples, model.architecture.inputShape, batch.subarray(0, used));
    const found = await search.find({
      weights,
      inputs,
      labels: Array.from(batch.subarray(0, used), (example) => examples.labels[example] ?? 0),
      maxDistance,
      maxGradientEvaluations: gradientEvaluations,
      seed,
      firstIndex: findings.length,
      proceed,
    });
    dispose([inputs, labels, found.perturbations]);
    await orStop(proceed);
    findings.push(...found.findings);
    progress(examples.count + findings.length);
  }
  return findings;
}

async function orStop(proceed: Proceed): Promise<void> {
  if (!(await proceed())) throw new DomainError('cancelled', 'evaluation: stopped');
}

function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const upper = ascending.length >> 1;
  const lower = ascending.length % 2 === 0 ? upper - 1 : upper;
  return ((ascending[lower] ?? 0) + (ascending[upper] ?? 0)) / 2;
}
