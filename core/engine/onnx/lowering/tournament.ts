import { isNotBelow } from './indicators.js';
import type { NodeEmitter } from './node-emitter.js';

/** The maximum of values of one shape, element by element, and where it came from. */
export interface Tournament {
  readonly maxima: string;
  /** What of a gradient, which is finite, belongs to each of the values: all of it to the first maximum. */
  readonly split: (gradient: string) => readonly string[];
  /** For each element, the number that stands for the value that its maximum came from. @param numbers small whole ones, one for each value */
  readonly choose: (numbers: readonly number[]) => string;
}

/** Pairs, pairs of pairs, …, so that each value is compared few times; the earlier one of equals goes on. @param values at least one */
export function tournament(out: NodeEmitter, values: readonly string[]): Tournament {
  if (values.length === 1)
    return { maxima: values.join(), split: (gradient) => [gradient], choose: ([number = 0]) => out.scalar(number) };
  const half = Math.ceil(values.length / 2);
  const [left, right] = [tournament(out, values.slice(0, half)), tournament(out, values.slice(half))];
  const maxima = out.emit('Max', [left.maxima, right.maxima]);
  const isLeft = (): string => isNotBelow(out, left.maxima, right.maxima);
  return {
    maxima,
    split: (gradient) => {
      const toLeft = out.emit('Mul', [isLeft(), gradient]);
      const toRight = out.emit('Sub', [gradient, toLeft]);
      return [...left.split(toLeft), ...right.split(toRight)];
    },
    choose: (numbers) => {
      const [ofLeft, ofRight] = [left.choose(numbers.slice(0, half)), right.choose(numbers.slice(half))];
      return out.emit('Add', [ofRight, out.emit('Mul', [isLeft(), out.emit('Sub', [ofLeft, ofRight])])]);
    },
  };
}
