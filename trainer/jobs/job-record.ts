import { z } from 'zod';
import { earlyStopSchema } from '../../core/registry/manifest-schema.js';
import { NORMS } from '../../core/margin/threat-model.js';
import { isJobName, JOB_PHASES, JOB_STATES } from './job.js';
import type { Job } from './job.js';
import { specJson, specOfJson } from './spec-message.js';

/** 2: the spec is the contract's JSON. */
const FORMAT = 2;

/** JSON has no NaN: a loss that is none is written as null. */
const measured = z.union([z.number(), z.null().transform(() => Number.NaN)]);
const time = z.iso.datetime();

const progress = z.object({
  phase: z.enum(JOB_PHASES),
  step: z.int(),
  steps: z.int(),
  epoch: z.int(),
  cleanLoss: measured,
  marginLoss: measured,
  meanRadius: measured,
  batchAccuracy: measured,
  validationMargin: measured.exactOptional(),
  validationAccuracy: measured.exactOptional(),
  bestValidationMargin: measured.exactOptional(),
  secondsPerStep: measured,
  etaSeconds: measured,
});

const robustAccuracy = z.object({
  epsilon: z.number(),
  examples: z.int(),
  accuracy: z.number(),
  attacks: z.array(z.string()),
  iterations: z.int(),
  restarts: z.int(),
});

const evaluation = z.object({
  examples: z.int(),
  cleanAccuracy: z.number(),
  marginExamples: z.int(),
  meanMargin: z.number(),
  medianMargin: z.number(),
  notFoundFraction: z.number(),
  norm: z.enum(NORMS),
  maxDistance: z.number(),
  attack: z.string(),
  gradientEvaluations: z.number(),
  histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.number()) }),
  robustAccuracies: z.array(robustAccuracy).exactOptional(),
});

const header = z.object({ format: z.literal(FORMAT) });

const record: z.ZodType<Job> = z.object({
  name: z.string().refine(isJobName),
  spec: z.unknown().transform(specOfJson),
  requestId: z.string(),
  state: z.enum(JOB_STATES),
  sequence: z.int(),
  error: z.string(),
  createTime: time,
  queueTime: time,
  startTime: time.exactOptional(),
  endTime: time.exactOptional(),
  cancelRequested: z.boolean(),
  restarts: z.int(),
  publishedVersion: z.int(),
  progress: progress.exactOptional(),
  evaluation: evaluation.exactOptional(),
  earlyStop: earlyStopSchema.exactOptional(),
});

/** What `job.json` holds. */
export function formatRecord(job: Job): string {
  return `${JSON.stringify({ format: FORMAT, ...job, spec: specJson(job.spec) }, null, 2)}\n`;
}

/** @throws Error saying what is wrong with it */
export function parseRecord(text: string): Job {
  const value: unknown = JSON.parse(text);
  header.parse(value);
  const parsed = record.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}
