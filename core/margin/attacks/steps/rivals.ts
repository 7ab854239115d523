import { tensor2d, tensor3d, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

/** The classes other than y by their logits, the largest first, of equals the first: one list a rank, one class an input. */
export function rivalsByRank(logits: readonly Float32Array[], labels: readonly number[]): readonly number[][] {
  const sorted = logits.map((row, index) =>
    Array.from(row.keys())
      .filter((other) => other !== labels[index])
      .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0)),
  );
  return (sorted[0] ?? []).map((_, rank) => sorted.map((others) => others[rank] ?? 0));
}

/** 1 for each class itself, 0 for the others of k. */
const oneHots = (classes: readonly number[], k: number): number[] =>
  classes.flatMap((own) => Array.from({ length: k }, (_, each) => Number(each === own)));

/** [n, k] float32: 1 for the rival of a rank of each input, 0 for all else. The caller disposes it. */
export function rivalsAt(logits: readonly Float32Array[], labels: readonly number[], rank: number): Tensor2D {
  const k = logits[0]?.length ?? 0;
  return tensor2d(oneHots(rivalsByRank(logits, labels)[rank] ?? [], k), [logits.length, k]);
}

/** The same for several ranks, which begin again after the last, [ranks, n, k]. The caller disposes it. */
export function rankedRivals(
  logits: readonly Float32Array[],
  labels: readonly number[],
  ranks: readonly number[],
): Tensor3D {
  const k = logits[0]?.length ?? 0;
  const rivals = rivalsByRank(logits, labels);
  const values = ranks.flatMap((rank) => oneHots(rivals[rank % rivals.length] ?? [], k));
  return tensor3d(values, [ranks.length, logits.length, k]);
}
