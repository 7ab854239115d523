import { dispose } from '@tensorflow/tfjs-core';
import { gather } from '../mma/batches.js';
import type { EvaluationContext } from './evaluation-context.js';
import type { ExampleMargin, ShownExample } from './evaluation-result.js';
import { closest, farthest, type MarginFindings } from './margin-report.js';
import type { ExampleRange } from './shards.js';

/** What the margins of a range are, and what they cost. */
export type RangeMargins = MarginFindings & { readonly totalGradientEvaluations: number };

/**
 * Measures the margins of a range of examples, by the search that answers requests for them.
 *
 * @throws cancelled if the context says so
 */
export async function findMargins(context: EvaluationContext, { first, count }: ExampleRange): Promise<RangeMargins> {
  const { examples, classifier, plan, weights } = context;
  await context.orStop();
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const { inputs, labels } = gather(examples, classifier.inputShape, Uint32Array.from(indices));
  try {
    const { findings, perturbations } = await context.marginSearch().find({
      weights,
      inputs,
      labels: indices.map((example) => examples.labels[example] ?? 0),
      maxDistance: plan.maxDistance,
      maxGradientEvaluations: plan.marginBudget,
      seed: BigInt(plan.seed),
      shouldContinue: context.shouldContinue,
    });
    const deltas = (await perturbations.data()).slice() as Float32Array;
    perturbations.dispose();
    await context.orStop();
    const each = findings.map((finding, row): ExampleMargin => {
      const { label, predictedClass, status, distance, adversarialClass, attack } = finding;
      return { index: first + row, label, predictedClass, status, distance, adversarialClass, attack };
    });
    const points = (await inputs.data()) as Float32Array;
    const size = points.length / count;
    const rowOf = (values: Float32Array, { index }: ExampleMargin) =>
      base64(values.subarray((index - first) * size, (index - first + 1) * size));
    const shown = [...new Set([...closest(each), ...farthest(each)])].map((margin): ShownExample => ({
      ...margin,
      input: rowOf(points, margin),
      perturbation: rowOf(deltas, margin),
    }));
    const costs = findings.map(({ gradientEvaluations }) => gradientEvaluations);
    return {
      each,
      shown,
      gradientEvaluations: Math.max(...costs),
      totalGradientEvaluations: costs.reduce((sum, cost) => sum + cost, 0),
    };
  } finally {
    dispose([inputs, labels]);
  }
}

/** Little-endian float32, as base64. */
function base64(values: Float32Array): string {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
  return bytes.toString('base64');
}
