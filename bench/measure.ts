/** How long something takes. */
export interface Timing {
  readonly medianMs: number;
  readonly minimumMs: number;
}

const timingOf = (timesMs: readonly number[]): Timing => {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const round = (ms: number | undefined): number => Math.round((ms ?? NaN) * 1000) / 1000;
  return { medianMs: round(sorted[sorted.length >> 1]), minimumMs: round(sorted[0]) };
};

/**
 * Times variants of the same work in turns, so that whatever else the machine does meets all of them alike.
 *
 * @param warmUps rounds that are not counted
 */
export function measure<Name extends string>(
  variants: Readonly<Record<Name, () => void>>,
  repeats: number,
  warmUps: number,
): Record<Name, Timing> {
  const names = Object.keys(variants) as Name[];
  const timesMs = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < warmUps + repeats; round++) {
    for (const name of names) {
      const start = performance.now();
      variants[name]();
      if (round >= warmUps) timesMs.get(name)?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(timesMs.get(name) ?? [])])) as Record<Name, Timing>;
}
