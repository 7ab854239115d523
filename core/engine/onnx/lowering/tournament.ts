import type { NodeEmitter } from './node-emitter.js';

/** The maximum of values of one shape, element by element, and where it came from. */
export interface Tournament {
  readonly maxima: string;
  /** What of a gradient belongs to each of the values: all of it to the first maximum. */
  readonly split: (gradient: string) => readonly string[];
}

/** Pairs, pairs of pairs, …, so that each value is compared few times; the earlier one of equals goes on. @param values at least one */
export function tournament(out: NodeEmitter, values: readonly string[]): Tournament {
  if (values.length === 1) return { maxima: values.join(), split: (gradient) => [gradient] };
  const half = Math.ceil(values.length / 2);
  const [left, right] = [tournament(out, values.slice(0, half)), tournament(out, values.slice(half))];
  const maxima = out.emit('Max', [left.maxima, right.maxima]);
  return {
    maxima,
    split: (gradient) => {
      const isLeft = out.emit('GreaterOrEqual', [left.maxima, right.maxima]);
      const zero = out.scalar(0);
      const toLeft = out.emit('Where', [isLeft, gradient, zero]);
      const toRight = out.emit('Where', [isLeft, zero, gradient]);
      return [...left.split(toLeft), ...right.split(toRight)];
    },
  };
}
