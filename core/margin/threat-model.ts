/** What the length of a perturbation is measured in. */
export const NORMS = ['linf', 'l2'] as const;
export type Norm = (typeof NORMS)[number];

/** What attacks can measure it in: models are trained and served with one of {@link NORMS}. */
export const ATTACK_NORMS = [...NORMS, 'l1'] as const;
export type AttackNorm = (typeof ATTACK_NORMS)[number];

/** d_max where nothing says otherwise (paper, settings for MNIST). */
export const DEFAULT_MAX_DISTANCE: Readonly<Record<Norm, number>> = { linf: 0.45, l2: 2 };

/** A search ends at this multiple of d_max (paper, Algorithm 1). */
export const SEARCH_REACH = 1.05;

/** The values an input may have: the box that perturbed inputs are clipped to. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Which perturbations count. How long they may be is asked of each search. */
export interface ThreatModel {
  readonly norm: AttackNorm;
  readonly bounds: Bounds;
}
