import { oneOf } from '../../core/nearest-names.js';
import { CommandFailure } from './report-failure.js';

/**
 * The number of the class that an option names: a name of the model's classes, or a number from 0. `#3` is a number whatever classes are called.
 *
 * @param option for errors: `--target`
 * @param classes the model's names of its classes
 * @throws CommandFailure if there is no such class, or it is the name of one class and the number of another
 */
export function classNamed(option: string, text: string, classes: readonly string[]): number {
  const found = findClass(option, text, classes);
  if (found === undefined) throw noSuchClass(option, text, classes);
  return found;
}

/** The numbers of several classes in the order in which they are named, ranges of numbers included: `cat,3,5-7`. @throws as {@link classNamed} */
export function classesNamed(option: string, text: string, classes: readonly string[]): number[] {
  return text.split(',').flatMap((part) => {
    const found = findClass(option, part, classes);
    if (found !== undefined) return [found];
    const [, from, to] = /^(\d+)-(\d+)$/.exec(part) ?? [];
    if (from === undefined || Number(to) < Number(from) || Number(to) >= classes.length)
      throw noSuchClass(option, part, classes);
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i);
  });
}

function findClass(option: string, text: string, classes: readonly string[]): number | undefined {
  const named = classes.indexOf(text);
  const [, hash, digits] = /^(#?)(\d+)$/.exec(text) ?? [];
  const number = digits === undefined || Number(digits) >= classes.length ? undefined : Number(digits);
  if (named < 0 || named === number) return number;
  if (number === undefined || hash === '#') return named;
  throw new CommandFailure(
    `${option}: ${text} is the name of class ${named} and the number of ${classes[number] ?? ''}: write #${named} or #${number}`,
    2,
  );
}

function noSuchClass(option: string, text: string, classes: readonly string[]): CommandFailure {
  const numbers = `a number from 0 to ${classes.length - 1}`;
  const namedByNumber = classes.every((name, i) => name === String(i));
  const expected = namedByNumber ? numbers : `${oneOf(classes, text)}, or ${numbers}`;
  return new CommandFailure(`${option}: expected ${expected}, got ${text}`, 2);
}
