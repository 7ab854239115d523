import { reachingLogitRatio } from '../../logit-ratio.js';
import { lossOf, reaching, type Loss, type LossName } from '../../losses.js';
import type { Aim } from '../attack.js';

/** What is climbed to leave a class, or to reach it: a loss, or its negative, where of DLR the form for targets is taken. */
export function climbedLoss(name: LossName, aim: Aim): Loss {
  if (aim === 'leave') return lossOf(name);
  return name === 'dlr' ? reachingLogitRatio : reaching(lossOf(name));
}
