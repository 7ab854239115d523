/** A column: its title, and whether it holds numbers, which are aligned on the right. */
export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

/** Rows under titles, for people; the last column is not padded. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ numeric }, i) => {
        const cell = cells[i] ?? '';
        const width = widths[i] ?? 0;
        return numeric === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  const rule = widths.map((width) => '─'.repeat(width));
  return [titles, rule, ...rows].map(line).join('\n');
}

/** Names and values below each other, for people. */
export function formatFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}
