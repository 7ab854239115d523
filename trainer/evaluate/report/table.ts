import { markup, type Child, type Markup } from './markup.js';

export interface Column {
  readonly heading: Child;
  /** Aligned to the right. */
  readonly numeric?: boolean;
  /** Stands further from the column before it. */
  readonly opensGroup?: boolean;
}

export interface Table {
  readonly caption: string;
  /** Read out, but not shown: where a heading says the same. */
  readonly captionHidden?: boolean;
  /** Above the columns, each over so many of them; the first column, of the rows' names, is not among them. */
  readonly groups?: readonly { readonly heading: Child; readonly span: number }[];
  /** The first names the rows. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Child[])[];
}

/** A table whose first column names its rows. Where it is too wide for a window, it is moved inside of a frame. */
export function table({ caption, captionHidden, groups = [], columns, rows }: Table): Markup {
  const place = (i: number): Child => {
    const classes = [columns[i]?.numeric === true && 'number', columns[i]?.opensGroup === true && 'apart'];
    const named = classes.filter((name) => name !== false);
    return named.length > 0 && markup` class="${named.join(' ')}"`;
  };
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table><caption${captionHidden === true && markup` class="hidden"`}>${caption}</caption><thead>${
    groups.length > 0 &&
    markup`<tr><td></td>${groups.map(({ heading, span }) => markup`<th scope="colgroup" colspan="${span}">${heading}</th>`)}</tr>`
  }<tr>${columns.map(({ heading }, i) => markup`<th scope="col"${place(i)}>${heading}</th>`)}</tr></thead><tbody>${rows.map(
    ([name, ...cells]) =>
      markup`<tr><th scope="row">${name}</th>${cells.map((cell, i) => markup`<td${place(i + 1)}>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}
