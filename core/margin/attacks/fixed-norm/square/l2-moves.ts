import { sqrt, square } from '@tensorflow/tfjs-core';
import { l2 } from '../../../l2.js';
import { bumpMoves } from './bump-moves.js';
import { scaledToRadius } from './square-moves.js';

/** Square in ℓ2 (Andriushchenko et al. 2020, arXiv:1912.00049, Alg. 3). */
export const l2Moves = bumpMoves({
  geometry: l2,
  power: square,
  root: sqrt,
  fall: 2,
  spends: () => 1,
  place: scaledToRadius(l2),
});
