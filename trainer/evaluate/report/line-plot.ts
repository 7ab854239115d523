import { axis, type AxisRequest } from './axis.js';
import { legend } from './legend.js';
import { marker, styleClass, type LineStyle } from './line-style.js';
import { markup, type Child, type Markup } from './markup.js';
import { plotFrame, px, X_RANGE, Y_RANGE, type PlotText } from './plot-frame.js';

export interface Line extends LineStyle {
  readonly name: string;
  /** Ascending x; a point that is not finite leaves a gap. */
  readonly points: readonly (readonly [number, number])[];
  /** Only so many of the points have a marker. */
  readonly markers?: number;
}

export type AxisOf = Omit<AxisRequest, 'range' | 'mostTicks'> & { readonly mostTicks?: number };

export interface LinePlot extends PlotText {
  readonly x: AxisOf;
  readonly y: AxisOf;
  readonly lines: readonly Line[];
  /** Vertical lines across the plot, each with a name at its top. */
  readonly marks?: readonly Mark[];
}

export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** Lines over axes, with a legend above that covers nothing. */
export function linePlot({ x: xOf, y: yOf, lines, marks = [], ...text }: LinePlot): Markup {
  const x = axis({ mostTicks: 7, range: X_RANGE, ...xOf });
  const y = axis({ mostTicks: 6, range: Y_RANGE, ...yOf });
  const drawn = lines.map((line) => {
    const places = line.points.map(([at, value]) => [x.place(at), y.place(value)] as const);
    const every = Math.max(1, Math.floor(places.length / (line.markers ?? places.length)));
    const markers = places
      .filter((place, i) => isFinitePlace(place) && i % every === Math.floor(every / 2))
      .map(([left, top]) => marker(line, left, top));
    return markup`<g class="${styleClass(line)}"><path d="${linePath(places)}"/>${markers}</g>`;
  });
  return markup`${legend(lines)}${plotFrame(text, x, y, [drawMarks(marks, x.place), drawn])}`;
}

/** A path through all places that are finite. */
export function linePath(places: readonly (readonly [number, number])[]): string {
  let path = '';
  let pen = 'M';
  for (const place of places) {
    if (isFinitePlace(place)) path += `${pen}${px(place[0])} ${px(place[1])}`;
    pen = isFinitePlace(place) ? 'L' : 'M';
  }
  return path;
}

function isFinitePlace([x, y]: readonly [number, number]): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

/** A name stands right of its line, or left of it where it would leave the plot. */
function drawMarks(marks: readonly Mark[], place: (value: number) => number): Child {
  return marks.map(({ at, text }) => {
    const left = place(at);
    const turned = left > X_RANGE[1] - 7 * text.length - 6;
    return markup`<g class="mark"><path d="M${px(left)} ${Y_RANGE[1]}V${Y_RANGE[0]}"/><text x="${px(left + (turned ? -4 : 4))}" y="${Y_RANGE[1] + 9}"${turned && markup` text-anchor="end"`}>${text}</text></g>`;
  });
}
