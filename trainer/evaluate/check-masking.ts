import { dispose } from '@tensorflow/tfjs-core';
import { gather } from '../mma/batches.js';
import type { EvaluationContext } from './evaluation-context.js';
import type { EvaluationPlan } from './evaluation-result.js';
import { maskingChecks, type MaskingFindings } from './masking-checks.js';
import type { ExampleRange } from './shards.js';

/** One check of four. */
const FIRST_CHECK = 1 / 4;

/**
 * Looks for signs of gradient masking on a range of examples.
 *
 * @param onProgress the fraction of it that is done
 * @throws cancelled if the context says so
 */
export async function checkMasking(
  context: EvaluationContext,
  { first, count }: ExampleRange,
  onProgress: (share: number) => void,
): Promise<MaskingFindings> {
  const { engine, classifier, examples, weights, threat, plan, shouldContinue } = context;
  await context.orStop();
  const indices = Uint32Array.from({ length: count }, (_, i) => first + i);
  const { inputs, labels } = gather(examples, classifier.inputShape, indices);
  try {
    const found = await maskingChecks({
      engine,
      classifier: classifier.apply,
      weights,
      threat,
      inputs,
      labels: Array.from(indices, (example) => examples.labels[example] ?? 0),
      epsilon: epsilonOf(plan),
      seed: BigInt(plan.seed),
      shouldContinue,
      // The first check, of gradients, costs next to nothing beside those that attack.
      onProgress: (share) => {
        onProgress(Math.max(0, (share - FIRST_CHECK) / (1 - FIRST_CHECK)));
      },
    });
    await context.orStop();
    return found;
  } finally {
    dispose([inputs, labels]);
  }
}

/** The middle of the grid, where robust accuracy is likely to be neither 0 nor 1; without a grid half of how far margins are searched. */
const epsilonOf = ({ epsilons, maxDistance }: EvaluationPlan): number =>
  epsilons[(epsilons.length - 1) >> 1] ?? maxDistance / 2;
