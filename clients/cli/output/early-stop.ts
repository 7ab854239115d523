import type { EarlyStop } from '../../client/training-jobs.js';
import { figure } from './figures.js';

/** Where and why a training ended before its last step. @param steps how many were asked for, where that is known */
export function earlyStopText({ step, epoch, validations, bestMargin, bestStep }: EarlyStop, steps?: number): string {
  const of = steps === undefined ? '' : ` of ${steps}`;
  const why = validations === 1 ? '1 validation' : `${validations} validations in a row`;
  return `after step ${step}${of} (epoch ${epoch}): ${why} without a larger mean margin than ${figure(bestMargin)} at step ${bestStep}, whose weights are kept`;
}
