import { tensor3d, type Tensor3D } from '@tensorflow/tfjs-core';

/** The class other than y whose logit is the largest but `rank`; the ranks begin again after the last. */
export function rivalAt(logits: Float32Array, label: number, rank: number): number {
  const others = Array.from(logits.keys())
    .filter((index) => index !== label)
    .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
  return others[rank % others.length] ?? 0;
}

/** [ranks, n, k] float32: 1 for the class of each rank among the others of each input, 0 for all else. The caller disposes it. */
export function rankedRivals(
  logits: readonly Float32Array[],
  labels: readonly number[],
  ranks: readonly number[],
): Tensor3D {
  const classes = logits[0]?.length ?? 0;
  const values = ranks.flatMap((rank) =>
    logits.flatMap((row, index) => {
      const rival = rivalAt(row, labels[index] ?? 0, rank);
      return Array.from({ length: classes }, (_, each) => Number(each === rival));
    }),
  );
  return tensor3d(values, [ranks.length, logits.length, classes]);
}
