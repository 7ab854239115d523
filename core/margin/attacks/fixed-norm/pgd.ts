import { add, mul } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../box.js';
import type { LossName } from '../../losses.js';
import { ATTACK_NORMS, type AttackNorm } from '../../threat-model.js';
import type { Aim, AttackKind, FixedNormAttack } from '../attack.js';
import type { BallMethod } from '../steps/ball/ball-method.js';
import { compileBallSearch } from '../steps/ball/ball-search.js';
import { ascendedLosses } from '../steps/ball/rival-restarts.js';

/** N steps are this many radii long together: from anywhere in the ball they reach everywhere in it (paper, Algorithm 1). */
const STEPS_LENGTH = 2.5;

/** Which PGD. */
export interface PgdOptions {
  readonly name: string;
  /** L: what is ascended. */
  readonly loss: LossName;
  /** α / ε: the length of a step, in radii; default 2.5 / N. */
  readonly stepFraction?: number;
}

/**
 * Projected gradient ascent from random starts (Madry et al. 2018, arXiv:1706.06083), in each example's own ball:
 *
 *     δ ← Π_ε(δ + α · argmax_{‖u‖≤1} ⟨∇L(x + δ), u⟩)
 *
 * The best of all iterations is kept, not the last. An iteration costs one gradient evaluation, a run one forward evaluation more.
 */
export const pgdAttack = ({ name, loss, stepFraction }: PgdOptions): AttackKind<FixedNormAttack> => ({
  name,
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => ({
    name,
    find: compileBallSearch(compile, classifier, threat, aim, pgdMethod(loss, threat.norm, aim, stepFraction)),
  }),
});

type PgdState = { readonly perturbations: Tensor4D };

function pgdMethod(name: LossName, norm: AttackNorm, aim: Aim, stepFraction: number | undefined): BallMethod<PgdState> {
  return {
    ...ascendedLosses(name, norm, aim),
    open: (_, perturbations) => ({ perturbations }),
    strides: (iterations, asked) =>
      Array.from({ length: iterations }, () => [asked ?? stepFraction ?? STEPS_LENGTH / iterations]),
    advance: ({ geometry, project }, problem, { perturbations }, { gradients }, [step]) => {
      const stepSizes = perExample(mul(problem.radii, step as Scalar));
      const moved: Tensor4D = add(perturbations, mul(stepSizes, geometry.steepestAscent(gradients)));
      return { perturbations: project(problem, moved) };
    },
  };
}

export const pgdCe = pgdAttack({ name: 'pgd-ce', loss: 'ce' });
export const pgdCw = pgdAttack({ name: 'pgd-cw', loss: 'cw' });
export const pgdSlm = pgdAttack({ name: 'pgd-slm', loss: 'slm' });
export const pgdDlr = pgdAttack({ name: 'pgd-dlr', loss: 'dlr' });
