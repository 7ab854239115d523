import type { OptimizerConfig } from './training-config.js';

/**
 * The learning rate of an update, piecewise constant: that of the last entry of the schedule whose `fromStep` steps are done, before the first
 * of them the optimizer's own.
 *
 * @param step the update, from 1
 */
export function learningRateAt({ learningRate, schedule = [] }: OptimizerConfig, step: number): number {
  return schedule.findLast(({ fromStep }) => fromStep < step)?.learningRate ?? learningRate;
}
