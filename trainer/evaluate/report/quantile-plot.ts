import { axis } from './axis.js';
import { linePath, type AxisOf } from './line-plot.js';
import { markup, type Markup } from './markup.js';
import { plotFrame, px, X_RANGE, Y_RANGE, type PlotText } from './plot-frame.js';

/** Right of the plot, for the names of the lines. */
const NAMES = 52;
const NAME_HEIGHT = 13;

export interface QuantilePlot extends PlotText {
  readonly x: AxisOf;
  readonly y: AxisOf;
  /** Of 0 to 1, ascending. */
  readonly levels: readonly number[];
  /** A value for each level, at ascending x. */
  readonly points: readonly { readonly at: number; readonly values: readonly number[] }[];
}

/** How a distribution moves: a line for each of its quantiles, named at its end, and the space between those that belong together. */
export function quantilePlot({ x: xOf, y: yOf, levels, points, ...text }: QuantilePlot): Markup {
  const x = axis({ mostTicks: 6, range: [X_RANGE[0], X_RANGE[1] - NAMES], ...xOf });
  const y = axis({ mostTicks: 6, range: Y_RANGE, ...yOf });
  const lines = levels.map((level, i) => ({
    level,
    places: points.map(({ at, values }) => [x.place(at), y.place(values[i] ?? NaN)] as const),
  }));
  const bands = lines.slice(0, Math.floor(lines.length / 2)).flatMap((lower, i) => {
    const upper = lines[lines.length - 1 - i];
    if (upper === undefined || i === 0) return [];
    return [markup`<path class="band" d="${linePath([...lower.places, ...upper.places.toReversed()])}Z"/>`];
  });
  const drawn = lines.map(({ level, places }) => {
    const kind = level === 0.5 ? 'median' : level === 0 || level === 1 ? 'end' : 'quantile';
    const dots =
      places.length === 1 && places.map(([cx, cy]) => markup`<circle cx="${px(cx)}" cy="${px(cy)}" r="2.5"/>`);
    return markup`<g class="${kind}"><path d="${linePath(places)}"/>${dots}</g>`;
  });
  const ends = lines.map(({ places }) => places.at(-1)?.[1] ?? NaN);
  const right = x.range[1];
  const names = spread(ends, NAME_HEIGHT, [Y_RANGE[1], Y_RANGE[0]]).map((top, i) => {
    const from = ends[i] ?? NaN;
    if (!Number.isFinite(from)) return undefined;
    return markup`<path d="M${right + 2} ${px(from)}L${right + 9} ${px(top)}"/><text x="${right + 12}" y="${px(top + 4)}">${nameOf(levels[i] ?? NaN)}</text>`;
  });
  const drawing = markup`<g class="quantiles">${bands}${drawn}<g class="names">${names}</g></g>`;
  return markup`${LEGEND}${plotFrame(text, x, y, drawing)}`;
}

/** The lines are named where they end; this says what the bands are. */
const LEGEND = markup`<ul class="legend"><li><span class="swatch inner"></span>middle half</li><li><span class="swatch outer"></span>10% to 90%</li></ul>`;

/** Spreads labels to avoid overlap, moving each as little as possible; their order, and the ends of the range, are kept where there is room. */
export function spread(
  places: readonly number[],
  room: number,
  [first, last]: readonly [number, number],
): readonly number[] {
  const order = places.map((place, i) => ({ place: Number.isFinite(place) ? place : last, i }));
  // Of equal places the quantile that is larger, and comes later, is named above.
  order.sort((a, b) => a.place - b.place || b.i - a.i);
  const spaced: number[] = [];
  for (const { place } of order) spaced.push(Math.max(place, (spaced.at(-1) ?? first - room) + room));
  let below = last + room;
  for (let k = spaced.length - 1; k >= 0; k--) spaced[k] = below = Math.min(spaced[k] ?? last, below - room);
  const moved = new Array<number>(places.length).fill(NaN);
  order.forEach(({ i }, k) => (moved[i] = spaced[k] ?? NaN));
  return moved;
}

function nameOf(level: number): string {
  if (level === 0) return 'min';
  if (level === 1) return 'max';
  return level === 0.5 ? 'median' : `${Math.round(100 * level)}%`;
}
