import { z } from 'zod';
import type { EarlyStop } from '../../core/registry/manifest.js';
import { earlyStopSchema } from '../../core/registry/manifest-schema.js';

/** The shares of validation examples whose margin is below each of `quantiles`. */
export const QUANTILE_LEVELS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1] as const;

/** How a training went. Plain JSON; kept in its checkpoints, and published with the model. */
export interface TrainingHistory {
  readonly format: 1;
  /** Every so many steps, at most 2,000 of them; averages over the steps since the entry before. */
  readonly steps: readonly StepEntry[];
  /** At most 2,000 of them: where there were more, the later of neighbours. */
  readonly validations: readonly ValidationEntry[];
  /** Why it ended before its last step; absent where it did not. */
  readonly earlyStop?: EarlyStop;
}

export interface StepEntry {
  readonly step: number;
  readonly cleanLoss: number;
  /** The loss at perturbed points; 0 in standard training. */
  readonly adversarialLoss: number;
  readonly batchAccuracy: number;
  /** The mean search radius of correct examples; ε where that is fixed. */
  readonly meanRadius: number;
  /** Of the step itself. */
  readonly learningRate: number;
}

export interface ValidationEntry {
  readonly step: number;
  readonly margin: number;
  readonly accuracy: number;
  /** Of the measured validation margins at {@link QUANTILE_LEVELS} (paper, Figure 4); a misclassified example counts 0, one that was not found 1.05 d_max. */
  readonly quantiles: readonly number[];
}

const count = z.int().min(0);

export const stepEntrySchema: z.ZodType<StepEntry> = z.object({
  step: count,
  cleanLoss: z.number(),
  adversarialLoss: z.number(),
  batchAccuracy: z.number(),
  meanRadius: z.number(),
  learningRate: z.number(),
});

export const validationEntrySchema: z.ZodType<ValidationEntry> = z.object({
  step: count,
  margin: z.number(),
  accuracy: z.number(),
  quantiles: z.array(z.number()),
});

export const trainingHistorySchema: z.ZodType<TrainingHistory> = z.object({
  format: z.literal(1),
  steps: z.array(stepEntrySchema),
  validations: z.array(validationEntrySchema),
  earlyStop: earlyStopSchema.exactOptional(),
});
