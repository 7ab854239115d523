import { abs } from '@tensorflow/tfjs-core';
import { l1 } from '../../l1.js';
import { bumpMoves } from './bump-moves.js';

/**
 * Square in ℓ1, as Croce and Hein 2021 (arXiv:2103.01208) have it in AutoAttack for ℓ1: the moves of ℓ2, lengths and what the ball has room for in ℓ1.
 *
 * Differs from ℓ2: bumps shrink to one pixel, because a perturbation that is short in ℓ1 moves few.
 */
export const l1Moves = bumpMoves({
  geometry: l1,
  power: abs,
  root: (values) => values,
  smallestSide: 1,
});
