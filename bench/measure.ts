import { median } from '../trainer/mma/quantiles.js';

/** How long something takes. */
export interface Timing {
  readonly medianMs: number;
  readonly minimumMs: number;
  /** Of processor time, which other processes on the machine disturb less. */
  readonly medianCpuMs: number;
}

const timingOf = (timesMs: readonly number[], cpuTimesMs: readonly number[]): Timing => {
  const round = (ms: number): number => Math.round(ms * 1000) / 1000;
  return {
    medianMs: round(median(timesMs)),
    minimumMs: round(Math.min(...timesMs)),
    medianCpuMs: round(median(cpuTimesMs)),
  };
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
  const cpuTimesMs = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < warmUps + repeats; round++) {
    for (const name of names) {
      const [start, cpuStart] = [performance.now(), process.cpuUsage()];
      variants[name]();
      const [elapsed, cpu] = [performance.now() - start, process.cpuUsage(cpuStart)];
      if (round < warmUps) continue;
      timesMs.get(name)?.push(elapsed);
      cpuTimesMs.get(name)?.push((cpu.user + cpu.system) / 1000);
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, timingOf(timesMs.get(name) ?? [], cpuTimesMs.get(name) ?? [])]),
  ) as Record<Name, Timing>;
}
