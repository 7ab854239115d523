import { z } from 'zod';
import type { EarlyStop } from '../../core/registry/manifest.js';
import { appended, emptySeries, valuesOf, type Merge, type ThinnedSeries } from './thinned-series.js';
import {
  stepEntrySchema,
  validationEntrySchema,
  type StepEntry,
  type TrainingHistory,
  type ValidationEntry,
} from './training-history.js';

/** A history that is still being written. Plain JSON. */
export interface HistoryRecord {
  readonly steps: ThinnedSeries<StepEntry>;
  readonly validations: ThinnedSeries<ValidationEntry>;
}

export const EMPTY_HISTORY: HistoryRecord = { steps: emptySeries, validations: emptySeries };

export function withStep(record: HistoryRecord, entry: StepEntry): HistoryRecord {
  return { ...record, steps: appended(record.steps, entry, average) };
}

export function withValidation(record: HistoryRecord, entry: ValidationEntry): HistoryRecord {
  return { ...record, validations: appended(record.validations, entry, (_, b) => b.value) };
}

/** @param earlyStop why it ended before its last step */
export function historyOf({ steps, validations }: HistoryRecord, earlyStop?: EarlyStop): TrainingHistory {
  return { format: 1, steps: valuesOf(steps), validations: valuesOf(validations), ...(earlyStop && { earlyStop }) };
}

const average: Merge<StepEntry> = (a, b) => {
  const mean = (name: keyof StepEntry): number =>
    a.value[name] + (b.value[name] - a.value[name]) * (b.count / (a.count + b.count));
  return {
    step: b.value.step,
    cleanLoss: mean('cleanLoss'),
    adversarialLoss: mean('adversarialLoss'),
    batchAccuracy: mean('batchAccuracy'),
    meanRadius: mean('meanRadius'),
    learningRate: b.value.learningRate,
  };
};

const seriesOf = <Value>(value: z.ZodType<Value>): z.ZodType<ThinnedSeries<Value>> =>
  z.object({
    every: z.int().min(1),
    entries: z.array(value),
    open: z.object({ count: z.int().min(1), value }).exactOptional(),
  });

export const historyRecordSchema: z.ZodType<HistoryRecord> = z.object({
  steps: seriesOf(stepEntrySchema),
  validations: seriesOf(validationEntrySchema),
});
