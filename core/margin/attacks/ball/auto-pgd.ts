import { logitMargin } from '../../logit-margin.js';
import { logitRatioTowards } from '../../logit-ratio.js';
import type { LossName } from '../../losses.js';
import { NORMS } from '../../threat-model.js';
import type { AttackKind, FixedNormAttack, FixedNormRequest } from '../attack.js';
import { autoPgdMethod } from './auto-pgd-method.js';
import { compileBallSearch } from './ball-search.js';
import { climbedLoss } from './climbed-loss.js';

/** How many other classes are led towards. */
const MAX_TARGETS = 9;

/**
 * Auto-PGD (Croce and Hein 2020, arXiv:2003.01690): gradient ascent with momentum within each example's ball, whose steps begin at twice the radius and
 * are halved, from the best point so far, where they stop to gain; it has no step size to choose. An iteration costs one gradient evaluation, a
 * run one forward evaluation more.
 */
const autoPgdAttack = (name: string, lossName: LossName): AttackKind<FixedNormAttack> => ({
  name,
  norms: NORMS,
  aims: ['leave', 'reach'],
  compile: (compile, classifier, threat, aim) => {
    const loss = climbedLoss(lossName, aim);
    return { name, find: compileBallSearch(compile, classifier, threat, aim, autoPgdMethod({ loss: () => loss })) };
  },
});

export const apgdCe = autoPgdAttack('apgd-ce', 'ce');
export const apgdDlr = autoPgdAttack('apgd-dlr', 'dlr');

/**
 * Auto-PGD on the targeted difference of logits ratio, towards each of the 9 (or all k − 1, if fewer) other classes of the largest logits at x in
 * turn. Each is a run: a restart costs as many times N gradient evaluations.
 */
export const apgdT: AttackKind<FixedNormAttack> = {
  name: 'apgd-t',
  norms: NORMS,
  aims: ['leave'],
  compile: (compile, classifier, threat, aim) => {
    const method = autoPgdMethod({
      loss: ({ targets }) => logitRatioTowards(targets),
      rank: logitMargin,
      targets: likeliestOthers,
    });
    return { name: 'apgd-t', find: compileBallSearch(compile, classifier, threat, aim, method) };
  },
};

/** The classes other than the own one, of the largest logits first, one list a rank; of equals the first. */
function likeliestOthers({ logits, classes }: FixedNormRequest): number[][] {
  const sorted = logits.map((row, index) =>
    Array.from(row.keys())
      .filter((other) => other !== classes[index])
      .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0)),
  );
  const count = Math.min(sorted[0]?.length ?? 0, MAX_TARGETS);
  return Array.from({ length: count }, (_, rank) => sorted.map((others) => others[rank] ?? 0));
}
