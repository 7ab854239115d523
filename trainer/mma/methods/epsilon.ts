import type { FieldRule } from './method-config.js';

/** The share of d_max that a fixed radius has by default: the paper's 0.3 at 0.45 and 8/255 at 12/255. */
const EPSILON_SHARE = 2 / 3;

/** ε: above 0, at most what a search reaches. */
export const EPSILON: FieldRule = {
  byDefault: ({ maxDistance }) => EPSILON_SHARE * maxDistance,
  interval: ({ norm }) => ({ above: 0, atMost: norm === 'linf' ? 1 : 1000 }),
};
