import { largestLogit } from '../../core/margin/host-logits.js';
import type { MarginStatus } from '../../core/margin/margin-search.js';
import { sizeOf } from '../../core/shape.js';
import {
  MarginResult_Status as Status,
  type Classification,
  type MarginResult,
} from '../../proto/gen/maxmargin/v1/robustness_service.js';
import { DType, type Tensor } from '../../proto/gen/maxmargin/v1/tensor.js';
import type { Jobs, MarginOutcome } from '../predictor/messages.js';

const STATUSES: Readonly<Record<MarginStatus, Status>> = {
  found: Status.FOUND,
  'not-found': Status.NOT_FOUND,
  misclassified: Status.MISCLASSIFIED,
  'target-reached': Status.TARGET_REACHED,
};

/** Classes, probabilities and logits as the contract says them, one an input. */
export function classificationMessages({ logits, classes }: Jobs['classify']['result']): Classification[] {
  return Array.from({ length: logits.length / classes }, (_, index) => {
    const row = logits.subarray(index * classes, (index + 1) * classes);
    return { predictedClass: largestLogit(row), probabilities: softmax(row), logits: [...row] };
  });
}

// exp(z − max z) / Σ exp(z − max z), in float64: the largest term is 1, so that nothing overflows.
function softmax(logits: Float32Array): number[] {
  const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const terms = Array.from(logits, (value) => Math.exp(value - largest));
  const total = terms.reduce((sum, term) => sum + term, 0);
  return terms.map((term) => term / total);
}

/** Margins as the contract says them, one an input. @param inputShape of one input */
export function marginMessages(outcome: MarginOutcome, inputShape: readonly number[]): MarginResult[] {
  const { findings, perturbations } = outcome;
  const size = sizeOf(inputShape);
  return findings.map(({ status, ...finding }, index) => ({
    ...finding,
    status: STATUSES[status],
    perturbation:
      perturbations === undefined || status !== 'found'
        ? undefined
        : floatTensor(inputShape, perturbations.subarray(index * size, (index + 1) * size)),
  }));
}

const floatTensor = (shape: readonly number[], { buffer, byteOffset, byteLength }: Float32Array): Tensor => ({
  shape: shape.map(BigInt),
  dtype: DType.FLOAT32,
  data: Buffer.from(buffer, byteOffset, byteLength),
});
