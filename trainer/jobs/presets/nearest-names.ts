const COUNT = 3;
const MAX_LENGTH = 80;

/** The names that take the fewest insertions, deletions and replacements of letters to write (Levenshtein 1966), nearest first. */
export function nearestNames(asked: string, names: readonly string[]): readonly string[] {
  const written = asked.slice(0, MAX_LENGTH);
  return names
    .map((name) => ({ name, distance: editDistance(written, name) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, COUNT)
    .map(({ name }) => name);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
