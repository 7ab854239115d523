import type { EvaluationRecord } from '../../core/registry/manifest.js';
import type { Evaluation } from '../../proto/gen/maxmargin/v1/model.js';
import { normMessage } from './norm-message.js';

/** An evaluation as the contract says it. */
export function evaluationMessage(record: EvaluationRecord): Evaluation {
  return {
    examples: BigInt(record.examples),
    cleanAccuracy: record.cleanAccuracy,
    marginExamples: BigInt(record.marginExamples),
    meanMargin: record.meanMargin,
    medianMargin: record.medianMargin,
    notFoundFraction: record.notFoundFraction,
    norm: normMessage(record.norm),
    maxDistance: record.maxDistance,
    histogramEdges: [...record.histogram.edges],
    histogramCounts: record.histogram.counts.map(BigInt),
    attack: record.attack,
    gradientEvaluations: BigInt(record.gradientEvaluations),
    robustAccuracies: (record.robustAccuracies ?? []).map(({ attacks, ...robust }) => ({
      epsilon: robust.epsilon,
      examples: BigInt(robust.examples),
      accuracy: robust.accuracy,
      attacks: [...attacks],
      iterations: BigInt(robust.iterations),
      restarts: BigInt(robust.restarts),
    })),
  };
}
