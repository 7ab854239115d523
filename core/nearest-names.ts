const COUNT = 3;
const MAX_LENGTH = 80;
/** A message names no more than these. */
const MOST_LISTED = 20;
/** One wrong letter in so many is a slip; more are another name. */
const LETTERS_PER_SLIP = 3;

/**
 * What a message says was expected where a name is not known: the names that there are, and the one that was probably meant.
 *
 * @returns `one of digits, mnist (did you mean mnist?)`; of more than twenty names the nearest, and how many others there are
 */
export function oneOf(names: readonly string[], asked: string): string {
  const meant = nearest(asked, names);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  if (names.length === 1) return `${names[0] ?? ''}, the only one there is`;
  if (names.length <= MOST_LISTED) return `one of ${names.join(', ')}${hint}`;
  const listed = byDistance(asked.slice(0, MAX_LENGTH), names)
    .slice(0, MOST_LISTED)
    .map(({ name }) => name);
  return `one of ${listed.join(', ')} and ${names.length - MOST_LISTED} others${hint}`;
}

/** The name that was probably meant. @returns undefined if none is near */
export function nearest(asked: string, names: readonly string[]): string | undefined {
  const [first] = byDistance(asked.slice(0, MAX_LENGTH), names);
  if (first === undefined) return undefined;
  const letters = Math.min(first.name.length, MAX_LENGTH);
  return first.distance <= Math.max(1, Math.floor(letters / LETTERS_PER_SLIP)) ? first.name : undefined;
}

/** The names that take the fewest edits to write, nearest first. */
export function nearestNames(asked: string, names: readonly string[]): readonly string[] {
  return byDistance(asked.slice(0, MAX_LENGTH), names)
    .slice(0, COUNT)
    .map(({ name }) => name);
}

function byDistance(asked: string, names: readonly string[]): { readonly name: string; readonly distance: number }[] {
  return names
    .map((name) => ({ name, distance: editDistance(asked, name.slice(0, MAX_LENGTH)) }))
    .toSorted((a, b) => a.distance - b.distance);
}

/** Insertions, deletions and replacements of letters, and exchanges of neighbours, that make one word of another (Damerau 1964). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(replaced, exchanged, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
