import type { Compile } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { logitMargin } from '../../logit-margin.js';
import { logitRatioTowards } from '../../logit-ratio.js';
import type { LossName } from '../../losses.js';
import { ATTACK_NORMS, type AttackNorm, type ThreatModel } from '../../threat-model.js';
import type { Aim, AttackKind, FixedNormAttack } from '../attack.js';
import { rivalsByRank } from '../steps/rivals.js';
import { autoPgdMethod } from '../steps/ball/auto-pgd-method.js';
import type { BallMethod, BallState } from '../steps/ball/ball-method.js';
import { compileBallSearch } from '../steps/ball/ball-search.js';
import { ascendedLosses } from '../steps/ball/rival-restarts.js';
import { sparseAutoPgdMethod } from '../steps/ball/sparse-auto-pgd-method.js';

/** How many other classes APGD-T leads towards: AutoAttack's numbers. */
export const MAX_TARGETS: Readonly<Record<AttackNorm, number>> = { linf: 9, l2: 9, l1: 5 };

/** In ℓ1 the method is another. */
const compileAutoPgd = (
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  aim: Aim,
  ascended: Pick<BallMethod<BallState>, 'loss' | 'rank' | 'targets'>,
): FixedNormAttack['find'] =>
  threat.norm === 'l1'
    ? compileBallSearch(compile, classifier, threat, aim, sparseAutoPgdMethod(ascended))
    : compileBallSearch(compile, classifier, threat, aim, autoPgdMethod(ascended));

/**
 * Auto-PGD (Croce and Hein 2020, arXiv:2003.01690): gradient ascent with momentum within each example's ball, whose steps begin at twice the radius and
 * are halved, from the best point so far, where they stop to gain; it has no step size to choose. In ℓ1 its steps
 * are sparse instead (Croce and Hein 2021, arXiv:2103.01208). An iteration costs one gradient evaluation, a
 * run one forward evaluation more.
 */
const autoPgdAttack = (name: string, lossName: LossName): AttackKind<FixedNormAttack> => ({
  name,
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => ({
    name,
    find: compileAutoPgd(compile, classifier, threat, aim, ascendedLosses(lossName, threat.norm, aim)),
  }),
});

export const apgdCe = autoPgdAttack('apgd-ce', 'ce');
export const apgdDlr = autoPgdAttack('apgd-dlr', 'dlr');

/**
 * Auto-PGD on the targeted difference of logits ratio, towards each of the 9, in ℓ1 5 (or all k − 1, if fewer) other classes of the largest
 * logits at x in turn. Each is a run: a restart costs as many times N gradient evaluations.
 */
export const apgdT: AttackKind<FixedNormAttack> = {
  name: 'apgd-t',
  norms: ATTACK_NORMS,
  aims: ['untargeted'],
  compile: (compile, classifier, threat, aim) => {
    const find = compileAutoPgd(compile, classifier, threat, aim, {
      loss: ({ targets }) => logitRatioTowards(targets),
      rank: () => logitMargin,
      targets: ({ logits, classes }) => rivalsByRank(logits, classes).slice(0, MAX_TARGETS[threat.norm]),
    });
    return { name: 'apgd-t', find };
  },
};
