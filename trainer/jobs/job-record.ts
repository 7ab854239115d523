import { z } from 'zod';
import { earlyStopSchema } from '../../core/registry/manifest-schema.js';
import { NORMS } from '../../core/margin/threat-model.js';
import { FAMILY_NAMES } from '../../core/model/families.js';
import { LAYERS_MODEL } from '../../core/model/keras/read-topology.js';
import { DATASET_NAMES } from '../data/open-dataset.js';
import { AUGMENTATIONS } from '../mma/augmentation.js';
import { CROSSING_LOSSES, TRAINING_LOSSES } from '../mma/methods/method-config.js';
import { METHODS } from '../mma/methods.js';
import { isJobName, JOB_PHASES, JOB_STATES } from './job.js';
import type { Job } from './job.js';

const FORMAT = 1;

/** JSON has no NaN: a loss that is none is written as null. */
const measured = z.union([z.number(), z.null().transform(() => Number.NaN)]);
const time = z.iso.datetime();

const schedule = z.array(z.object({ fromStep: z.int(), learningRate: z.number() })).exactOptional();
const interval = z.union([z.int(), z.literal('epoch')]);

const optimizer = z.discriminatedUnion('rule', [
  z.object({
    rule: z.literal('adam'),
    learningRate: z.number(),
    schedule,
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
    weightDecay: z.number(),
  }),
  z.object({
    rule: z.literal('sgd'),
    learningRate: z.number(),
    schedule,
    momentum: z.number(),
    weightDecay: z.number(),
  }),
]);

const loss = z.enum(TRAINING_LOSSES).exactOptional();
const losses = z.object({ attack: loss, search: z.enum(CROSSING_LOSSES).exactOptional(), margin: loss, clean: loss });

const training = z.object({
  method: z.enum(METHODS),
  norm: z.enum(NORMS),
  maxDistance: z.number(),
  minRadius: z.number(),
  attackIterations: z.int(),
  bisections: z.int(),
  cleanCoefficient: z.number(),
  epsilon: z.number().exactOptional(),
  initialEpsilon: z.number().exactOptional(),
  epsilonRampSteps: z.int().exactOptional(),
  tradesBeta: z.number().exactOptional(),
  losses: losses.exactOptional(),
  steps: z.int(),
  batchSize: z.int(),
  optimizer,
  seed: z.string(),
  augmentation: z.enum(AUGMENTATIONS).exactOptional(),
  checkpointInterval: interval,
  validationInterval: interval,
  validationRadius: z.number().exactOptional(),
  validationStepSize: z.number().exactOptional(),
  validationMarginExamples: z.int(),
  evaluationMarginExamples: z.int(),
  keepEpochs: z.boolean().exactOptional(),
  earlyStopValidations: z.int().exactOptional(),
});

const spec = z.object({
  model: z.string(),
  data: z.object({
    name: z.enum(DATASET_NAMES),
    directory: z.string(),
    trainExamples: z.int(),
    validationExamples: z.int(),
  }),
  architecture: z.discriminatedUnion('name', [
    z.object({ name: z.enum(FAMILY_NAMES), sizes: z.array(z.int()) }),
    z.object({ name: z.literal(LAYERS_MODEL), sizes: z.tuple([]), layersModelJson: z.string() }),
  ]),
  training,
  alias: z.string(),
  preset: z.string().exactOptional(),
});

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
  notFoundShare: z.number(),
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
  spec,
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
  return `${JSON.stringify({ format: FORMAT, ...job }, null, 2)}\n`;
}

/** @throws Error saying what is wrong with it */
export function parseRecord(text: string): Job {
  const value: unknown = JSON.parse(text);
  header.parse(value);
  const parsed = record.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}
