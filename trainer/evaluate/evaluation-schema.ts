import { z } from 'zod';
import { checked, parseJson } from '../../core/checked-json.js';
import { ATTACK_NORMS } from '../../core/margin/threat-model.js';
import { trainingHistorySchema } from '../mma/training-history.js';
import type { EvaluationResult, ExampleMargin, MaskingCheck, ShownExample } from './evaluation-result.js';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const interval = z.tuple([share, share]);
const distance = z.number().min(0);
const positive = z.number().positive();
const size = z.int().min(1);

export const attackTally = z.object({ attack: z.string(), attempted: count, broken: count });

export const exampleMargin: z.ZodType<ExampleMargin> = z.object({
  index: count,
  label: count,
  predictedClass: count,
  status: z.enum(['found', 'not-found', 'misclassified', 'target-reached']),
  distance,
  adversarialClass: z.int().min(-1),
  attack: z.string(),
});

export const shownExample: z.ZodType<ShownExample> = z.intersection(
  exampleMargin,
  z.object({ input: z.base64(), perturbation: z.base64() }),
);

export const maskingCheck: z.ZodType<MaskingCheck> = z.object({
  check: z.string(),
  raised: z.boolean(),
  reason: z.string(),
});

const robustAccuracy = z.object({
  epsilon: positive,
  examples: count,
  accuracy: share,
  interval,
  attacks: z.array(attackTally),
});

const statistics = {
  examples: count,
  mean: distance,
  quartiles: z.tuple([distance, distance, distance]),
  notFoundFraction: share,
  notFoundInterval: interval,
  misclassifiedFraction: share,
  misclassifiedInterval: interval,
};

const margins = z.object({
  ...statistics,
  attack: z.string(),
  gradientEvaluations: count,
  histogram: z.object({ edges: z.array(distance), counts: z.array(count) }),
  byClass: z.array(z.object({ label: count, ...statistics })),
  byAttack: z.array(z.object({ attack: z.string(), found: count })),
  each: z.array(exampleMargin),
  closest: z.array(shownExample),
  farthest: z.array(shownExample),
});

const plan = z.object({
  norm: z.enum(ATTACK_NORMS),
  maxDistance: positive,
  cleanExamples: count,
  robustExamples: count,
  marginExamples: count,
  epsilons: z.array(positive),
  autoAttackEpsilons: z.array(positive),
  whiteBox: z.object({ iterations: size, restarts: count, stepFraction: positive }),
  marginAttack: z.string(),
  marginBudget: size,
  maskingChecks: z.boolean(),
  seed: z.string().regex(/^\d{1,20}$/),
});

/** An {@link EvaluationResult} as it is read back. Fields that a later version of this format may add are ignored. */
const evaluationResultSchema: z.ZodType<EvaluationResult> = z.object({
  format: z.literal(1),
  subject: z.object({
    title: z.string(),
    members: z.array(z.object({ model: z.string(), version: size })).min(1),
    labels: z.array(z.string()),
    inputShape: z.tuple([size, size, size]),
    origins: z.array(z.unknown()),
  }),
  dataset: z.object({ name: z.string(), split: z.literal('test'), fingerprint: z.string() }),
  plan,
  engine: z.string(),
  codeVersion: z.string(),
  cleanExamples: count,
  cleanAccuracy: share,
  cleanInterval: interval,
  whiteBox: z.array(robustAccuracy),
  autoAttack: z.array(robustAccuracy),
  attackedClean: z.object({ examples: count, accuracy: share, interval }).optional(),
  avgAcc: share.optional(),
  avgAccInterval: interval.optional(),
  avgRobAcc: share.optional(),
  avgRobAccInterval: interval.optional(),
  margins: margins.optional(),
  masking: z.array(maskingCheck),
  cost: z.object({ gradientEvaluations: count, forwardEvaluations: count, seconds: z.number().min(0) }),
  history: trainingHistorySchema.optional(),
});

/** The result in a file's text. @throws invalid-input naming the file and the field */
export function readEvaluationResult(text: string, file: string): EvaluationResult {
  return checked(parseJson(text, file, 'invalid-input'), evaluationResultSchema, `${file}: `, 'invalid-input');
}
