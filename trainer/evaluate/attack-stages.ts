import type { AttackKind, FixedNormAttack, MinimumNormAttack } from '../../core/margin/attacks/attack.js';
import { MAX_TARGETS } from '../../core/margin/attacks/fixed-norm/auto-pgd.js';
import { FIXED_NORM_ATTACKS } from '../../core/margin/attacks/fixed-norm-attacks.js';
import { MINIMUM_NORM_ATTACKS } from '../../core/margin/attacks/minimum-norm-attacks.js';
import { invalidInput } from '../../core/errors.js';
import type { AttackNorm } from '../../core/margin/threat-model.js';
import type { EvaluationPlan } from './evaluation-result.js';

/** One of the attacks that an example must withstand, one after the other, to count as robust. */
export interface AttackStage {
  /** A name in the tables of attacks. */
  readonly attack: string;
  readonly iterations: number;
  /** Runs from starts of their own; the next one meets only what the one before left. */
  readonly restarts: number;
  /** Evaluations of the model that a run costs, at most: one an iteration, where the attack has one target. */
  readonly evaluations: number;
}

/**
 * The paper's white-box protocol (evaluation): PGD from random starts, half of them on CE and half on CW. In ℓ1, where the paper has none, Auto-PGD,
 * half of the runs on CE and half on DLR: steps of one length are weaker there, as are searches for shortest perturbations of as many gradients.
 */
export function whiteBoxStages({ norm, whiteBox }: Pick<EvaluationPlan, 'norm' | 'whiteBox'>): readonly AttackStage[] {
  const { iterations, restarts } = whiteBox;
  const halves = [Math.ceil(restarts / 2), Math.floor(restarts / 2)];
  const attacks = norm === 'l1' ? ['apgd-ce', 'apgd-dlr'] : ['pgd-ce', 'pgd-cw'];
  return attacks.flatMap((attack, index) => {
    const runs = halves[index] ?? 0;
    return runs === 0 ? [] : [{ attack, iterations, restarts: runs, evaluations: iterations }];
  });
}

/** The targets of AutoAttack's FAB-T; APGD-T has as many but in ℓ1. */
const FAB_TARGETS = 9;

/**
 * AutoAttack's standard version (Croce and Hein 2020, arXiv:2003.01690; in ℓ1 Croce and Hein 2021, arXiv:2103.01208), of 100 iterations a run, and
 * 5,000 queries:
 *
 *     ℓ∞, ℓ2:   APGD-CE, five runs;   APGD-T towards 9 classes;   FAB-T towards 9;   Square
 *     ℓ1:       APGD-CE, five runs;   APGD-T towards 5 classes;   FAB-T towards 9;   Square
 *
 * FAB-T is a search for shortest perturbations: it counts where it finds one of at most ε.
 *
 * Differs from its public implementation, which has since come to run APGD-CE once in ℓ∞ and ℓ2: more runs are never weaker, and meet only what the
 * run before left.
 */
export const autoAttackStages = (norm: AttackNorm): readonly AttackStage[] => [
  { attack: 'apgd-ce', iterations: 100, restarts: 5, evaluations: 100 },
  { attack: 'apgd-t', iterations: 100, restarts: 1, evaluations: 100 * MAX_TARGETS[norm] },
  { attack: 'fab-t', iterations: 100, restarts: 1, evaluations: 100 * FAB_TARGETS },
  { attack: 'square', iterations: 5000, restarts: 1, evaluations: 5000 },
];

/** What an answer costs beside a gradient. */
export const ANSWER_WORK = 0.4;

/** About what a run costs an example at most, in gradients: Square asks for answers alone. */
export const runWork = ({ attack, evaluations }: AttackStage): number =>
  evaluations * (attack === 'square' ? ANSWER_WORK : 1);

/** The same of all runs of stages. */
export const workOfStages = (stages: readonly AttackStage[]): number =>
  stages.reduce((total, stage) => total + stage.restarts * runWork(stage), 0);

/** An attack of either table. */
export type FoundKind =
  | { readonly within: 'ball'; readonly kind: AttackKind<FixedNormAttack> }
  | { readonly within: 'any'; readonly kind: AttackKind<MinimumNormAttack> };

const FIXED: Readonly<Record<string, AttackKind<FixedNormAttack>>> = FIXED_NORM_ATTACKS;
const MINIMUM: Readonly<Record<string, AttackKind<MinimumNormAttack>>> = MINIMUM_NORM_ATTACKS;

/** The attack of a name. @throws invalid-input if there is none, or it is not defined for the norm */
export function attackNamed(name: string, norm: AttackNorm): FoundKind {
  const fixed = FIXED[name];
  const minimum = MINIMUM[name];
  const kind = fixed ?? minimum;
  if (kind === undefined)
    throw invalidInput('attack', [...Object.keys(FIXED), ...Object.keys(MINIMUM)].join(', '), name);
  if (!kind.norms.includes(norm)) throw invalidInput(`norm of ${name}`, kind.norms.join(' or '), norm);
  if (fixed !== undefined) return { within: 'ball', kind: fixed };
  return { within: 'any', kind: kind as AttackKind<MinimumNormAttack> };
}

/** The attack that measures margins. @throws invalid-input if it is no search for shortest perturbations, or not defined for the norm */
export function marginAttackNamed(name: string, norm: AttackNorm): AttackKind<MinimumNormAttack> {
  const found = attackNamed(name, norm);
  if (found.within === 'ball') throw invalidInput('margin attack', 'a search for shortest perturbations', name);
  return found.kind;
}
