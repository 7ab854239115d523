import { z } from 'zod';
import { messageOf } from '../../../core/errors.js';
import { METHODS, type TrainingSpec } from '../../client/training-spec.js';
import { CommandFailure } from '../report-failure.js';

const count = z.int().positive();

/** What may be changed about the training of the first model. */
const changesSchema = z
  .strictObject({
    sizes: z.tuple([count, count, count]),
    method: z.enum(METHODS),
    attackIterations: count,
    steps: count,
    batchSize: count,
    trainExamples: count,
    checkpointInterval: count,
    validationMarginExamples: count,
    evaluationMarginExamples: count,
  })
  .partial();

/** The fields of --first-model, for its help. */
export const FIRST_MODEL_FIELDS = Object.keys(changesSchema.shape);

/**
 * The training of the first model: a small network on the built-in digits, a minute on one core.
 *
 * Short searches and large steps, since a search goes on from where the last one ended; test/long holds it against standard training.
 *
 * @param changes JSON; none: {}
 * @throws CommandFailure naming the field, what was expected and what came
 */
export function firstModelSpec(changes = '{}'): TrainingSpec {
  const { sizes = [8, 16, 64], trainExamples, ...training } = parseChanges(changes);
  return {
    model: 'digits',
    data: { name: 'digits', trainExamples },
    architecture: { name: 'lenet', sizes },
    method: 'mma',
    norm: 'linf',
    attackIterations: 5,
    bisections: 6,
    steps: 250,
    batchSize: 50,
    optimizer: { rule: 'adam', learningRate: 4e-3 },
    checkpointInterval: 25,
    validationMarginExamples: 100,
    ...training,
  };
}

function parseChanges(text: string): z.infer<typeof changesSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`--first-model: expected JSON, got ${text}: ${messageOf(error)}`, 2);
  }
  const parsed = changesSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CommandFailure(`--first-model: ${z.prettifyError(parsed.error)}`, 2);
}
