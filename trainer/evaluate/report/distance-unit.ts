import { significant, signed } from './numbers.js';

/** How distances and ε are written: as they are, or in 1/255 where the grid of ε is one of pixel values. */
export interface DistanceUnit {
  /** A distance is so many of the unit. */
  readonly perUnit: number;
  /** For axes: ` (1/255)`, or nothing. */
  readonly axisSuffix: string;
  /** A measured distance: `0.347` or `8.13/255`. */
  readonly distance: (value: number) => string;
  /** A difference of two: `+0.012`. */
  readonly difference: (value: number) => string;
  /** A chosen value, exactly where that is short: `0.3`, `8/255`. */
  readonly epsilon: (value: number) => string;
}

/** In 1/255 if every ε is a whole number of them, and one is no short decimal. */
export function distanceUnit(epsilons: readonly number[]): DistanceUnit {
  const whole = epsilons.length > 0 && epsilons.every((epsilon) => isWhole(epsilon * 255));
  return whole && epsilons.some((epsilon) => !isWhole(epsilon * 1000)) ? PIXEL_VALUES : PLAIN;
}

const PLAIN: DistanceUnit = {
  perUnit: 1,
  axisSuffix: '',
  distance: (value) => significant(value),
  difference: (value) => signed(significant(value, 2)),
  epsilon: (value) => (isWhole(value * 1e6) && Math.abs(value) >= 1e-4 ? String(round(value, 6)) : significant(value)),
};

const PIXEL_VALUES: DistanceUnit = {
  perUnit: 1 / 255,
  axisSuffix: ' (1/255)',
  distance: (value) => ratio(significant(value * 255)),
  difference: (value) => ratio(signed(significant(value * 255, 2))),
  epsilon: (value) => ratio(isWhole(value * 255) ? String(Math.round(value * 255)) : significant(value * 255)),
};

function ratio(text: string): string {
  return /\d/.test(text) && text !== '0' ? `${text}/255` : text;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-4;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
