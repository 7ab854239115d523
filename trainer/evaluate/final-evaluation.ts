import type { Engine } from '../../core/engine/engine.js';
import type { Proceed } from '../../core/margin/pace.js';
import type { Norm } from '../../core/margin/threat-model.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import type { EvaluationRecord } from '../../core/registry/manifest.js';
import type { Examples } from '../data/dataset.js';
import { evaluatedClassifier } from './classifier.js';
import { evaluate } from './evaluate.js';
import { planOf } from './evaluation-plan.js';
import type { EvaluationResult } from './evaluation-result.js';

/** A trained model that is evaluated before it is published. */
export interface FinalEvaluationRequest {
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
  readonly onProgress?: (share: number) => void;
}

/**
 * What a model does on a test set, as its manifest says it.
 *
 * @throws cancelled if `proceed` stopped it; invalid-input if there is no example, or the weights are not the model's
 */
export async function evaluateTrained(request: FinalEvaluationRequest): Promise<EvaluationRecord> {
  const { engine, model, weights, examples, norm, maxDistance, onProgress } = request;
  const { inputShape, classes } = model.architecture;
  const subject = { dataset: '', norm, trainedMaxDistance: maxDistance, examples: examples.count };
  const result = await evaluate({
    engine,
    classifier: evaluatedClassifier([{ title: 'the model', model, weights }]),
    subject: {
      title: 'the model',
      members: [],
      labels: Array.from({ length: classes }, (_, label) => `${label}`),
      inputShape,
      origins: [],
    },
    dataset: { name: '', fingerprint: '' },
    examples,
    plan: planOf(subject, {
      maxDistance,
      robustExamples: 0,
      marginExamples: request.marginExamples,
      marginBudget: request.gradientEvaluations,
      maskingChecks: false,
      seed: String(request.seed),
    }),
    ...(request.proceed && { proceed: request.proceed }),
    ...(onProgress && {
      onProgress: ({ share }) => {
        onProgress(share);
      },
    }),
  });
  return recordOf(result, norm);
}

function recordOf({ cleanExamples, cleanAccuracy, margins, plan }: EvaluationResult, norm: Norm): EvaluationRecord {
  const [, median = 0] = margins?.quartiles ?? [];
  return {
    examples: cleanExamples,
    cleanAccuracy,
    marginExamples: plan.marginExamples,
    meanMargin: margins?.mean ?? 0,
    medianMargin: median,
    censoredShare: margins?.censoredShare ?? 0,
    norm,
    maxDistance: plan.maxDistance,
    attack: margins?.attack ?? '',
    gradientEvaluations: margins?.gradientEvaluations ?? 0,
    histogram: margins?.histogram ?? { edges: [], counts: [0] },
  };
}
