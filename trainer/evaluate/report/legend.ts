import { marker, styleClass, type LineStyle } from './line-style.js';
import { markup, type Markup } from './markup.js';

/** Names the lines of a plot, each with a piece of itself. */
export function legend(lines: readonly (LineStyle & { readonly name: string })[]): Markup {
  return markup`<ul class="legend">${lines.map(
    (line) =>
      markup`<li><svg viewBox="0 0 30 10" width="30" height="10" aria-hidden="true"><g class="${styleClass(line)}"><path d="M0 5H30"/>${marker(line, 15, 5)}</g></svg>${line.name}</li>`,
  )}</ul>`;
}
