import { abs } from '@tensorflow/tfjs-core';
import { l1 } from '../../../l1.js';
import { bumpMoves } from './bump-moves.js';

/**
 * Square in ℓ1, as Croce and Hein 2021 (arXiv:2103.01208) have it in AutoAttack for ℓ1, with the numbers of its public implementation: bumps that fall
 * faster; each channel spends as if it were the only one; and everything is projected onto ball and box at once, the grid of the start unscaled, which
 * leaves the middles of its bumps.
 */
export const l1Moves = bumpMoves({
  geometry: l1,
  power: abs,
  root: (values) => values,
  fall: 4,
  spends: (channels) => channels,
  place: ({ inputs, radii }, start, bounds) => l1.project(inputs, start, radii, bounds),
});
