/** The first checkpoint after the start, as a fraction of the iterations; then by how much each interval is shorter than the one before, and the shortest. */
const FIRST_INTERVAL = 0.22;
const SHORTER_BY = 0.03;
const SHORTEST = 0.06;

/** ρ: a step is halved where the loss rose on a smaller fraction of the iterations since the last checkpoint. */
const RISING_FRACTION = 0.75;

/** α: the fraction of an iteration that is a step; the rest goes on in the direction of the one before. */
const STEP_WEIGHT = 0.75;

/**
 * The iterations at which steps may be halved (Croce and Hein 2020, arXiv:2003.01690, section 3.1):
 *
 *     w_j = ⌈p_j N⌉,   p_0 = 0,   p_1 = 0.22,   p_{j+1} = p_j + max(p_j − p_{j−1} − 0.03, 0.06)
 *
 * @returns w_0 = 0 and those below N, ascending, each once
 */
export function checkpoints(iterations: number): readonly number[] {
  const found = [0];
  let interval = FIRST_INTERVAL;
  for (let fraction = interval; fraction < 1; fraction += interval) {
    // Sums of such shares are off by some 1e-16, and must not be rounded up by that.
    const next = Math.ceil(fraction * iterations - 1e-9);
    if (next < iterations && next !== found.at(-1)) found.push(next);
    interval = Math.max(interval - SHORTER_BY, SHORTEST);
  }
  return found;
}

/**
 * What each iteration of a run takes: the weight of its step; 1 at a checkpoint, else 0; and, there, on how many iterations since the last one the
 * loss must have risen for the step to stay as long as it is.
 */
export function autoPgdStrides(iterations: number): readonly (readonly [number, number, number])[] {
  const at = checkpoints(iterations);
  return Array.from({ length: iterations }, (_, iteration) => {
    const index = at.indexOf(iteration);
    const since = index > 0 ? iteration - (at[index - 1] ?? 0) : 0;
    return [iteration === 0 ? 1 : STEP_WEIGHT, Number(index >= 0), RISING_FRACTION * since];
  });
}
