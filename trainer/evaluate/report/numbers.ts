import type { Interval } from '../wilson-interval.js';

/** What stands for a number that is not there: JSON has no NaN. */
const NONE = '–';
const MINUS = '\u2212';
/** With a narrow space that no line ends at. */
const PER_CENT = '\u202f%';

const counts = new Intl.NumberFormat('en');

/** `12,345`. */
export function count(value: number): string {
  return Number.isFinite(value) ? counts.format(value) : NONE;
}

/** A fraction of 0 to 1 as `98.9 %`. */
export function percent(fraction: number, digits = 1): string {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(digits)}${PER_CENT}` : NONE;
}

/** Other people's text with our space before per cent signs. */
export function withNarrowSpaces(text: string): string {
  return text.replaceAll(/(?<=\d) ?%/g, PER_CENT);
}

/** A difference of shares as `+1.7 points`. */
export function points(difference: number): string {
  return Number.isFinite(difference) ? `${signed((100 * difference).toFixed(1))} points` : NONE;
}

/** `digits` significant digits, without an exponent where that is shorter: `0.0347`, `2.15`, `1.2e−7`. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return NONE;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 10 ** Math.max(digits, 3))
    return size < 1e15 ? minus(counts.format(Math.round(value))) : exponential(value, digits);
  if (size < 1e-4) return exponential(value, digits);
  const text = value.toPrecision(digits);
  return text.includes('e') ? minus(counts.format(Math.round(value))) : minus(text);
}

/** A formatted number with its sign, a zero without: `+0.012`, `−3`, `0`. */
export function signed(text: string): string {
  const plain = text.replace(/^[-\u2212]/, '');
  if (!/[1-9]/.test(plain)) return plain;
  return plain === text ? `+${plain}` : `${MINUS}${plain}`;
}

/** `41 s`, `3 min 12 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds < 10) return `${significant(seconds, 2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** An interval of shares as `34.7–53.8 %`. */
export function interval([lower, upper]: Interval): string {
  return Number.isFinite(lower + upper) ? `${(100 * lower).toFixed(1)}–${percent(upper)}` : NONE;
}

function exponential(value: number, digits: number): string {
  return minus(value.toExponential(digits - 1).replace('e+', 'e'));
}

function minus(text: string): string {
  return text.replaceAll('-', MINUS);
}
