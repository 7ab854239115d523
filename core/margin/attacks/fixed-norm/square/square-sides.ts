import type { SquareMoves } from './square-moves.js';

/**
 * The fraction of the image that the first squares cover (AutoAttack's: Croce and Hein 2020, arXiv:2003.01690), and the iterations of 10,000 at which it is
 * halved (Andriushchenko et al. 2020, arXiv:1912.00049, as their public implementation has it).
 */
const FIRST_FRACTION = 0.8;
const HALVED_AT = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;
const SCHEDULE_LENGTH = 10_000;

/**
 * The side of the square that iteration `index` of a run changes: √(p h w), p falling as the schedule of 10,000 iterations is scaled to the run, as Square's
 * own authors scale it.
 *
 * Differs from AutoAttack, which runs the first 5,000 iterations of the unscaled schedule: so a run ends with the smallest squares, whatever its length.
 *
 * @returns an integer from 1 to min(h, w)
 */
export function squareSide(
  index: number,
  iterations: number,
  height: number,
  width: number,
  { smallestSide, oddSides }: Pick<SquareMoves, 'smallestSide' | 'oddSides'>,
): number {
  const at = Math.floor((index / iterations) * SCHEDULE_LENGTH);
  const fraction = FIRST_FRACTION / 2 ** HALVED_AT.filter((halved) => at > halved).length;
  const side = Math.max(Math.round(Math.sqrt(fraction * height * width)), smallestSide);
  return Math.min(oddSides && side % 2 === 0 ? side + 1 : side, height, width);
}
