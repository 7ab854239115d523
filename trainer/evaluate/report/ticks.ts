/** Round numbers along an axis. */
export interface Ticks {
  readonly values: readonly number[];
  /** How a value between them is written too: as many digits as the ticks need. */
  readonly text: (value: number) => string;
}

/**
 * Multiples of 1, 2 or 5 times a power of ten inside [lower, upper]: as many as there can be without being more than `most`.
 */
export function roundTicks(lower: number, upper: number, most: number): Ticks {
  const span = upper - lower;
  if (!(span > 0) || !Number.isFinite(span)) return { values: [lower], text: plain(0) };
  let size = span / Math.max(1, most);
  for (;;) {
    const { mantissa, exponent } = roundStep(size);
    const step = decimal(mantissa, exponent);
    // An end that is a multiple but for rounding is one.
    const slack = 1e-9;
    const [first, last] = [Math.ceil(lower / step - slack), Math.floor(upper / step + slack)];
    if (last - first < Math.max(1, most)) {
      const values = Array.from({ length: last - first + 1 }, (_, i) => decimal((first + i) * mantissa, exponent));
      return { values, text: plain(Math.max(0, -exponent)) };
    }
    size = step * 1.5;
  }
}

/** Multiples of a power of two inside [lower, upper], as pixel values are counted: as many as there can be without being more than `most`. */
export function binaryTicks(lower: number, upper: number, most: number): Ticks {
  if (!(upper > lower) || !Number.isFinite(upper - lower)) return roundTicks(lower, upper, most);
  const slack = 1e-9;
  for (let step = 2 ** Math.floor(Math.log2((upper - lower) / Math.max(1, most))); ; step *= 2) {
    const [first, last] = [Math.ceil(lower / step - slack), Math.floor(upper / step + slack)];
    if (last - first >= Math.max(1, most)) continue;
    const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
    return { values, text: plain(Math.max(0, -Math.log2(step))) };
  }
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `size` > 0: its digit, and the power. */
export function roundStep(size: number): { readonly mantissa: number; readonly exponent: number } {
  const exponent = Math.floor(Math.log10(size));
  for (const mantissa of [1, 2, 5]) if (decimal(mantissa, exponent) >= size * (1 - 1e-9)) return { mantissa, exponent };
  return { mantissa: 1, exponent: exponent + 1 };
}

/** Powers of ten inside [lower, upper], with 2 and 5 times them where there are few; 0 < lower < upper. */
export function logarithmicTicks(lower: number, upper: number, most: number): Ticks {
  for (const mantissas of [[1, 2, 5], [1, 3], [1]]) {
    const values = [];
    for (let exponent = Math.floor(Math.log10(lower)); exponent <= Math.ceil(Math.log10(upper)); exponent++) {
      for (const mantissa of mantissas) {
        const value = decimal(mantissa, exponent);
        if (value >= lower * (1 - 1e-9) && value <= upper * (1 + 1e-9)) values.push(value);
      }
    }
    if (values.length <= most) return { values, text: shortest };
  }
  const exponents = roundTicks(Math.log10(lower), Math.log10(upper), most);
  return { values: exponents.values.filter(Number.isInteger).map((exponent) => decimal(1, exponent)), text: shortest };
}

/** digits · 10^exponent, as if it had been written so: 3 · 0.1 is 0.3. */
function decimal(digits: number, exponent: number): number {
  return Number(`${digits}e${exponent}`);
}

function plain(digits: number): (value: number) => string {
  const format = new Intl.NumberFormat('en', {
    minimumFractionDigits: Math.min(digits, 20),
    maximumFractionDigits: Math.min(digits, 20),
  });
  return (value) => (value === 0 ? '0' : format.format(value)).replace('-', '\u2212');
}

function shortest(value: number): string {
  return value >= 1e-3 && value < 1e6 ? String(value) : value.toExponential().replace('e+', 'e').replace('-', '\u2212');
}
