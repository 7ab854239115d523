import { binaryTicks, logarithmicTicks, roundTicks, type Ticks } from './ticks.js';

/** Maps values to places in a drawing, and knows which values to name. */
export interface Axis {
  /** What is measured, with its unit. */
  readonly label: string;
  /** The ends of what is shown. */
  readonly domain: readonly [number, number];
  /** Where the ends of the domain are in the drawing. */
  readonly range: readonly [number, number];
  readonly ticks: Ticks;
  readonly place: (value: number) => number;
}

export interface AxisRequest {
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  readonly mostTicks: number;
  /** The domain is widened to the next tick at its upper end. */
  readonly roundUp?: boolean;
  readonly scale?: 'linear' | 'logarithmic';
  /** Ticks stand at multiples of this by powers of two, if it is not 1: 1/255 on an axis of pixel values. */
  readonly perUnit?: number;
}

/** An axis with ticks at round numbers. A domain without length is given one. */
export function axis({ label, domain, range, mostTicks, roundUp, scale = 'linear', perUnit = 1 }: AxisRequest): Axis {
  const [lower, upper] = wide(domain, scale);
  if (scale === 'logarithmic') {
    const ticks = logarithmicTicks(lower, upper, mostTicks);
    const place = between([Math.log(lower), Math.log(upper)], range);
    return { label, domain: [lower, upper], range, ticks, place: (value) => place(Math.log(Math.max(value, lower))) };
  }
  const ticksOf = perUnit === 1 ? roundTicks : binaryTicks;
  const round = ticksOf(lower / perUnit, upper / perUnit, mostTicks);
  const values = round.values.map((value) => value * perUnit);
  const ticks: Ticks = { values, text: (value) => round.text(value / perUnit) };
  const last = values.at(-1) ?? upper;
  const step = (values[1] ?? last) - (values[0] ?? last);
  const end = roundUp === true && step > 0 && last < upper - 1e-9 * step ? last + step : upper;
  const shown = end > upper ? { ...ticks, values: [...values, end] } : ticks;
  return { label, domain: [lower, end], range, ticks: shown, place: between([lower, end], range) };
}

function wide([lower, upper]: readonly [number, number], scale: string): readonly [number, number] {
  if (upper > lower && Number.isFinite(upper - lower)) return [lower, upper];
  const at = Number.isFinite(lower) ? lower : 0;
  return scale === 'logarithmic' ? [at > 0 ? at / 2 : 0.1, at > 0 ? at * 2 : 1] : [at, at + 1];
}

function between(
  [lower, upper]: readonly [number, number],
  [from, to]: readonly [number, number],
): (value: number) => number {
  return (value) => from + ((value - lower) / (upper - lower)) * (to - from);
}
