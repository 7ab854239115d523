import type { MarginFinding } from '../../core/margin/margin-search.js';
import type { MarginHistogram } from '../../core/registry/manifest.js';

/** How finely margins are counted. */
const BUCKETS = 20;

/**
 * Margins counted into equal buckets up to the largest distance that was searched.
 *
 * A misclassified example falls into the first bucket; one for which nothing was found lies above all edges, wherever its margin is.
 */
export function marginHistogram(
  findings: readonly Pick<MarginFinding, 'status' | 'distance'>[],
  maxDistance: number,
): MarginHistogram {
  const edges = Array.from({ length: BUCKETS }, (_, i) => (maxDistance * (i + 1)) / BUCKETS);
  const counts = new Array<number>(BUCKETS + 1).fill(0);
  for (const { status, distance } of findings) {
    const bucket = status === 'not-found' ? -1 : edges.findIndex((edge) => distance <= edge);
    const index = bucket < 0 ? BUCKETS : bucket;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return { edges, counts };
}
