import type { Nearest } from './nearest.js';

/** About how many milestones a search has. */
export const MILESTONES = 10;

/** What a search knew after so many gradient evaluations. */
export interface Milestone {
  readonly gradientEvaluations: number;
  /** The lengths of the shortest perturbations, one an input; Infinity where none was known. */
  readonly lengths: readonly number[];
}

/** What is known now: a read. */
export async function milestoneAt(gradientEvaluations: number, { bestLengths, found }: Nearest): Promise<Milestone> {
  const [lengths, known] = await Promise.all([bestLengths.data(), found.data()]);
  return { gradientEvaluations, lengths: Array.from(lengths, (length, i) => (known[i] ? length : Infinity)) };
}
