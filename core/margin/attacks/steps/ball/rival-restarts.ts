import { cast, equal, sub, where } from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { logitRatioTowards } from '../../../logit-ratio.js';
import { isClass, pick, type Loss } from '../../../loss.js';
import type { LossName } from '../../../losses.js';
import type { AttackNorm } from '../../../threat-model.js';
import type { Aim } from '../../attack.js';
import { rivalsByRank } from '../rivals.js';
import type { BallMethod, BallState } from './ball-method.js';
import { ascendedLoss } from './ascended-loss.js';

/** How many classes restarts lead towards. */
const MAX_RIVALS = 9;

/** Losses that follow the largest other logit alone, towards a class t instead. */
const TOWARDS: Partial<Record<LossName, (targets: Tensor1D) => Loss>> = {
  cw: (targets) => (logits, labels) => {
    const of = (classes: Tensor1D): Tensor1D => pick(logits, isClass(classes, logits.shape[1]));
    return sub(of(targets), of(labels));
  },
  dlr: logitRatioTowards,
};

/**
 * What the runs of an attack ascend. With a loss that follows the largest other logit alone, every second restart leads towards one class instead,
 * the second likeliest first (MultiTargeted: Gowal et al. 2019, arXiv:1910.09338): other starts ascend to the same class again, and where that one does
 * not give way within the ball another may. Not in ℓ1: steps move few values there, and which ones depends on the start, so that starts tell more.
 */
export function ascendedLosses(
  name: LossName,
  norm: AttackNorm,
  aim: Aim,
): Pick<BallMethod<BallState>, 'loss' | 'rank' | 'targets'> {
  const ranked: BallMethod<BallState>['loss'] = ({ sharpness }) => ascendedLoss(name, aim, sharpness);
  const towards = TOWARDS[name];
  if (towards === undefined || aim === 'targeted' || norm === 'l1') return { loss: ranked };
  return {
    loss: (problem) => {
      const { targets } = problem;
      const [loss, targeted] = [ranked(problem), towards(targets)];
      return (logits, labels) => {
        const any = equal(cast(targets, 'float32'), cast(labels, 'float32'));
        return where(any, loss(logits, labels), targeted(logits, labels));
      };
    },
    rank: ranked,
    targets: ({ logits, classes }, restart) => {
      if (restart % 2 === 0) return [classes];
      const rivals = rivalsByRank(logits, classes).slice(0, MAX_RIVALS);
      return [rivals[((restart + 1) / 2) % rivals.length] ?? classes];
    },
  };
}
