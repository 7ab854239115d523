import { fill, minimum, mul, where } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { advanceAutoPgd, openAutoPgd, type AutoPgdState } from '../../steps/ball/auto-pgd-method.js';
import { autoPgdStrides } from '../../steps/ball/auto-pgd-schedule.js';
import type { BallMethod, BallProblem, BallState } from '../../steps/ball/ball-method.js';
import {
  advanceSparseAutoPgd,
  openSparseAutoPgd,
  steadySparseStrides,
  type SparseAutoPgdState,
} from '../../steps/ball/sparse-auto-pgd-method.js';
import { LEAST, MOST } from '../../steps/strongest.js';
import type { EpsilonRound } from './epsilon-search-plan.js';

/** How the runs of a search over ε ascend; pure functions. */
export interface EpsilonAscent<S extends BallState> extends Pick<BallMethod<S>, 'strides' | 'advance'> {
  /** A run before its first iteration. @param from where the round starts */
  readonly open: (problem: BallProblem, start: Tensor4D, from: EpsilonRound['start']) => S;
  /** Where the largest losses so far do not count any more for some examples: they are of a larger ball. */
  readonly forgetting: (ascent: S, forgets: Tensor1D) => S;
}

/** η of the first step, in radii: from the best known point, that it is not left at once, and from a random one. */
const FIRST_STEPS: Readonly<Record<EpsilonRound['start'], number>> = { best: 1, random: 2 };

/** The same in ℓ1 from the best known point; and the fraction of the values that the first step from a random one, which has moved all, moves at most. */
const FIRST_SPARSE_STEP = 0.25;
const FIRST_FRACTION = 0.05;

const forgotten = (losses: Tensor1D, forgets: Tensor1D, value = LEAST): Tensor1D =>
  where(forgets, fill(forgets.shape, value), losses);

/** Auto-PGD. */
export const denseAscent: EpsilonAscent<AutoPgdState> = {
  open: (problem, start, from) => openAutoPgd(problem, start, FIRST_STEPS[from]),
  strides: autoPgdStrides,
  advance: advanceAutoPgd,
  forgetting: (ascent, forgets) => ({
    ...ascent,
    topLosses: forgotten(ascent.topLosses, forgets),
    topBefore: forgotten(ascent.topBefore, forgets),
    lastLosses: forgotten(ascent.lastLosses, forgets, MOST),
  }),
};

/** Auto-PGD in ℓ1, without the larger balls that a run begins in elsewhere: the radii of a search come from above by themselves. */
export const sparseAscent: EpsilonAscent<SparseAutoPgdState> = {
  open: (problem, start, from) => {
    const run = openSparseAutoPgd(problem, start);
    const most = FIRST_FRACTION * (problem.inputs.size / problem.inputs.shape[0]);
    if (from === 'best') return { ...run, steps: mul(run.steps, FIRST_SPARSE_STEP) };
    return { ...run, counts: minimum(run.counts, Math.max(most, 1)) };
  },
  strides: steadySparseStrides,
  advance: advanceSparseAutoPgd,
  forgetting: (ascent, forgets) => ({ ...ascent, topLosses: forgotten(ascent.topLosses, forgets) }),
};
