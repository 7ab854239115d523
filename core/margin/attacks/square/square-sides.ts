/** The share of the image that the first squares cover, and the iterations of 10,000 at which it is halved (Andriushchenko et al. 2020, arXiv:1912.00049; AutoAttack's start). */
const FIRST_SHARE = 0.8;
const HALVED_AT = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;
const SCHEDULE_LENGTH = 10_000;

/**
 * The side of the square that iteration `index` of a run changes: √(p h w), p falling as the schedule of 10,000 iterations is scaled to the run.
 *
 * @param smallest the least side that a move can use
 * @returns an integer from 1 to min(h, w)
 */
export function squareSide(index: number, iterations: number, height: number, width: number, smallest: number): number {
  const at = Math.floor((index / iterations) * SCHEDULE_LENGTH);
  const share = FIRST_SHARE / 2 ** HALVED_AT.filter((halved) => at > halved).length;
  const side = Math.round(Math.sqrt(share * height * width));
  return Math.min(Math.max(side, smallest), height, width);
}
