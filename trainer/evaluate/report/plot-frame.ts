import type { Axis } from './axis.js';
import { markup, type Child, type Markup } from './markup.js';

/** The size of every plot in its own units, about pixels. Small, so that its letters stay readable in a narrow window. */
const PLOT = { width: 440, height: 280 } as const;

/** Where the ends of the axes are. */
export const X_RANGE = [46, 416] as const;
export const Y_RANGE = [236, 30] as const;

/** What a plot is called, and what those are told who do not see it. */
export interface PlotText {
  /** Unique in the page, and fit for an id. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

export interface FrameOptions {
  /** Names below the plot besides the ticks, at places of the drawing. */
  readonly names?: readonly { readonly at: number; readonly text: string }[];
  /** Where the horizontal axis lies, if it is not at the bottom. */
  readonly axisAt?: number;
}

/** Axes, grid and names around what is plotted. */
export function plotFrame(
  { id, title, description }: PlotText,
  x: Axis,
  y: Axis,
  content: Child,
  { names = [], axisAt = y.range[0] }: FrameOptions = {},
): Markup {
  const [left, right] = x.range;
  const bottom = y.range[0];
  const across = y.ticks.values.map((value) => `M${left} ${px(y.place(value))}H${right}`).join('');
  const notches = x.ticks.values.map((value) => `M${px(x.place(value))} ${bottom}v4`).join('');
  const below = [...x.ticks.values.map((value) => ({ at: x.place(value), text: x.ticks.text(value) })), ...names];
  return markup`<svg class="plot" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>
<path class="grid" d="${across}"/>
<g class="tick" text-anchor="end">${y.ticks.values.map((value) => markup`<text x="${left - 7}" y="${px(y.place(value) + 4)}">${y.ticks.text(value)}</text>`)}</g>
<g class="tick" text-anchor="middle">${below.map(({ at, text }) => markup`<text x="${px(at)}" y="${bottom + 18}">${text}</text>`)}</g>
<text class="label" x="6" y="14">${y.label}</text>
<text class="label" x="${right}" y="${PLOT.height - 6}" text-anchor="end">${x.label}</text>
${content}
<path class="axis" d="M${left} ${px(axisAt)}H${right}${notches}"/>
</svg>`;
}

/** A place, as short as one needs it. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
