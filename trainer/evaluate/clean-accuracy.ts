import { dispose, tidy } from '@tensorflow/tfjs-core';
import { filledUp } from '../../core/engine/batch-size.js';
import { largestLogit, readLogits } from '../../core/margin/host-logits.js';
import { gather } from '../mma/batches.js';
import type { EvaluationContext } from './evaluation-context.js';
import type { ExampleRange } from './shards.js';

/**
 * The examples of a range that are classified correctly; ascending.
 *
 * @param batchSize how many are classified at a time
 * @throws cancelled if the context says so
 */
export async function correctExamples(
  context: EvaluationContext,
  { first, count }: ExampleRange,
  batchSize = count,
): Promise<readonly number[]> {
  const { examples, classifier, logitsAt, weights } = context;
  const correct: number[] = [];
  for (let from = first; from < first + count; from += batchSize) {
    await context.orStop();
    const batch = Array.from({ length: Math.min(batchSize, first + count - from) }, (_, i) => from + i);
    const { inputs, labels } = gather(examples, classifier.inputShape, Uint32Array.from(filledUp(batch)));
    try {
      const { rows } = await readLogits(tidy(() => logitsAt(weights, inputs)));
      for (const [row, example] of batch.entries()) {
        const logits = rows[row];
        if (logits !== undefined && largestLogit(logits) === examples.labels[example]) correct.push(example);
      }
    } finally {
      dispose([inputs, labels]);
    }
  }
  return correct;
}
