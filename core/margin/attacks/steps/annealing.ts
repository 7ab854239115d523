import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { iterationsOfCall } from './short-evaluations.js';
import type { Nearest } from './nearest.js';
import type { SearchCall } from './search-runs.js';

/** What falls from its first value to its last, over the iterations of a search. */
export interface Annealed {
  readonly first: number;
  readonly last: number;
}

/** last + (first − last) (1 + cos(π i / (n − 1))) / 2: half a cosine, at both ends exactly. */
export function annealedAt({ first, last }: Annealed, index: number, iterations: number): number {
  return last + ((first - last) * (1 + Math.cos((Math.PI * index) / Math.max(iterations - 1, 1)))) / 2;
}

/**
 * The calls of a search whose iterations cost one gradient evaluation each and take numbers that are annealed.
 *
 * @param together whether evaluations are so short that several make one call
 * @param take some iterations, as many as there are rows: [count, schedules]
 */
export function* annealedCalls<State extends Nearest>(
  iterations: number,
  together: boolean,
  schedules: readonly Annealed[],
  take: (state: State, rows: Tensor2D) => State,
): Iterable<SearchCall<State>> {
  for (let first = 0; first < iterations;) {
    const count = iterationsOfCall(together, iterations - first);
    const rows = Array.from({ length: count }, (_, row) =>
      schedules.map((schedule) => annealedAt(schedule, first + row, iterations)),
    );
    yield {
      gradientEvaluations: count,
      take: (state) => take(state, tensor2d(rows.flat(), [count, schedules.length])),
    };
    first += count;
  }
}
