import { DomainError } from '../../core/errors.js';
import type { Examples } from './dataset.js';

/** Something whose classes have names, and what it is called in errors. */
export interface Named {
  readonly title: string;
  readonly classes: readonly string[];
}

/** More names than these are not listed. */
const LISTED = 40;

/** Classes without names of their own are called by their numbers: 0, 1, 2 … */
const areNumbers = (classes: readonly string[]): boolean => classes.every((name, index) => name === String(index));

/**
 * Which class of `to` each class of `from` is, by its name; classes of `to` that `from` lacks are fine. Where either has numbers in place of names,
 * classes are matched by number: a list of names must then be as long as the other, while numbers may be fewer.
 *
 * @returns for each class of `from`, the index of the same class in `to`
 * @throws invalid-input with both lists, if a class of `from` is none of `to`
 */
export function matchClasses(from: Named, to: Named): readonly number[] {
  const byNumber = areNumbers(from.classes) || areNumbers(to.classes);
  const fits = areNumbers(from.classes)
    ? from.classes.length <= to.classes.length
    : from.classes.length === to.classes.length;
  const matched = byNumber && fits ? [...from.classes.keys()] : from.classes.map((name) => to.classes.indexOf(name));
  if (!matched.includes(-1)) return matched;
  throw new DomainError(
    'invalid-input',
    `the classes of ${from.title} are not those of ${to.title}: ${listed(from.classes)} and ${listed(to.classes)}`,
  );
}

/** The same examples, labelled with the classes that theirs have been matched to. @param matched see `matchClasses` */
export function withClasses(examples: Examples, matched: readonly number[]): Examples {
  if (isInOrder(matched)) return examples;
  return { ...examples, labels: examples.labels.map((label) => matched[label] ?? label) };
}

/** Whether every class has kept its number. */
export const isInOrder = (matched: readonly number[]): boolean => matched.every((to, from) => to === from);

function listed(classes: readonly string[]): string {
  const more = classes.length - LISTED;
  return `${classes.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''} (${classes.length})`;
}
