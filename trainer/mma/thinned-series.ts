/** A series of any length in bounded memory: runs of equally many values, merged. Plain JSON. */
export interface ThinnedSeries<Value> {
  /** How many values an entry stands for: a power of two. */
  readonly every: number;
  readonly entries: readonly Value[];
  /** What has come since the last entry: fewer than `every` values. */
  readonly open?: Merged<Value> | undefined;
}

/** Several values as one. */
export interface Merged<Value> {
  readonly count: number;
  readonly value: Value;
}

/** Two runs of values as one, the earlier one first. */
export type Merge<Value> = (a: Merged<Value>, b: Merged<Value>) => Value;

/** At most so many entries, the open one included. */
export const MAX_ENTRIES = 2000;

export const emptySeries = { every: 1, entries: [] } as const satisfies ThinnedSeries<never>;

/**
 * A series with one more value. Where it would grow too long, neighbours are merged, and an entry stands for twice as many values from then
 * on: what a series holds depends on its values alone, wherever it was saved and continued.
 */
export function appended<Value>(series: ThinnedSeries<Value>, value: Value, merge: Merge<Value>): ThinnedSeries<Value> {
  const { every, entries, open } = series;
  const next: Merged<Value> = open ? joined(open, { count: 1, value }, merge) : { count: 1, value };
  if (next.count < every) return { every, entries, open: next };
  const grown = [...entries, next.value];
  if (grown.length < MAX_ENTRIES) return { every, entries: grown };
  const pairs = Array.from({ length: MAX_ENTRIES / 2 }, (_, i) => {
    const [a, b] = grown.slice(2 * i, 2 * i + 2) as [Value, Value];
    return merge({ count: every, value: a }, { count: every, value: b });
  });
  return { every: 2 * every, entries: pairs };
}

/** All entries, the open one included. */
export function valuesOf<Value>({ entries, open }: ThinnedSeries<Value>): readonly Value[] {
  return open ? [...entries, open.value] : entries;
}

const joined = <Value>(a: Merged<Value>, b: Merged<Value>, merge: Merge<Value>): Merged<Value> => ({
  count: a.count + b.count,
  value: merge(a, b),
});
