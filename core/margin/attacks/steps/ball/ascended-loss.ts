import type { Tensor1D } from '@tensorflow/tfjs-core';
import { reachingLogitRatio } from '../../../logit-ratio.js';
import { ascendedLossOf, reaching, sharpened, type Loss, type LossName } from '../../../losses.js';
import type { Aim } from '../../attack.js';

/** The losses that change with the scale of the logits otherwise than by a factor. */
const OF_SCALE: ReadonlySet<LossName> = new Set(['ce', 'slm']);

/**
 * What is ascended to leave a class, or to reach it: a loss, or its negative, where of DLR the form for targets is taken. Its direction does not change
 * where all logits are multiplied by a number, or one is added to them: soft losses are of logits that are brought to a spread.
 *
 * @param sharpness β > 0, [n] (see sharpness.ts)
 */
export function ascendedLoss(name: LossName, aim: Aim, sharpness: Tensor1D): Loss {
  if (name === 'dlr' && aim === 'targeted') return reachingLogitRatio;
  const ascended = ascendedLossOf(name);
  const loss = OF_SCALE.has(name) ? sharpened(ascended, sharpness) : ascended;
  return aim === 'untargeted' ? loss : reaching(loss);
}
