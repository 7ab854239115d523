import { axis } from './axis.js';
import type { DistanceUnit } from './distance-unit.js';
import type { MarginFractions } from './margin-fractions.js';
import { markup, type Child, type Markup } from './markup.js';
import { percent } from './numbers.js';
import { plotFrame, px, X_RANGE, Y_RANGE, type PlotText } from './plot-frame.js';

/** Beside the bins, for what is misclassified and for what nothing was found. */
const SLOT = 42;
const GAP = 22;
/** A bar this many times as tall as the tallest bin is cut, so that the bins stay visible; its number is written on it. */
const CUT_ABOVE = 1.6;

/** Few margins that were found do not fill a plot. */
const LOWEST_TOP = 0.05;

export interface MarginPlot extends PlotText {
  readonly unit: DistanceUnit;
  /** Edges of the bins, one more than there are bins. */
  readonly edges: readonly number[];
  readonly model: MarginFractions;
  /** Hangs below the model's, on the same scale. */
  readonly baseline?: MarginFractions | undefined;
  /** Where the searches ended, if that is inside of the bins. */
  readonly limits: { readonly model: number; readonly baseline?: number | undefined };
}

/** Margins as bars, those of a baseline mirrored below; misclassified examples and those for which nothing was found apart at the sides. */
export function marginPlot({ id, title, description, unit, edges, model, baseline, limits }: MarginPlot): Markup {
  const bins = [...model.bins, ...(baseline?.bins ?? [])];
  // Without any there is nothing to make room for.
  const tallestBin = bins.some((fraction) => fraction > 0) ? Math.max(LOWEST_TOP, ...bins) : 1;
  const reach = (shares: MarginFractions): number =>
    Math.max(...shares.bins, Math.min(Math.max(shares.misclassified, shares.notFound), CUT_ABOVE * tallestBin));
  const heights = { up: reach(model) * 1.12, down: baseline === undefined ? 0 : reach(baseline) * 1.12 };
  const lastEdge = edges.at(-1) ?? 1;
  const x = axis({
    label: `margin${unit.axisSuffix}`,
    domain: [0, lastEdge],
    range: [X_RANGE[0] + SLOT + GAP, X_RANGE[1] - SLOT - GAP],
    mostTicks: 6,
    perUnit: unit.perUnit,
  });
  const y = axis({
    label: 'fraction of examples (%)',
    domain: [-100 * heights.down, 100 * heights.up],
    range: Y_RANGE,
    mostTicks: 7,
  });
  const drawing = { x, y, edges, top: heights.up, bottom: -heights.down };
  return plotFrame(
    { id, title, description },
    { ...x, range: X_RANGE },
    { ...y, ticks: { ...y.ticks, text: (value) => y.ticks.text(Math.abs(value)) } },
    [
      bars(model, 1, drawing),
      baseline !== undefined && bars(baseline, -1, drawing),
      limit(limits.model, 1, drawing),
      baseline !== undefined && limits.baseline !== undefined && limit(limits.baseline, -1, drawing),
    ],
    {
      names: [
        { at: X_RANGE[0] + SLOT / 2, text: 'wrong' },
        { at: X_RANGE[1] - SLOT / 2, text: 'none' },
      ],
      axisAt: y.place(0),
    },
  );
}

interface Drawing {
  readonly x: { readonly place: (value: number) => number };
  readonly y: { readonly place: (value: number) => number };
  readonly edges: readonly number[];
  /** Shares at the ends of the plot. */
  readonly top: number;
  readonly bottom: number;
}

/** @param sign 1 upwards, −1 downwards */
function bars(shares: MarginFractions, sign: 1 | -1, { x, y, edges, top, bottom }: Drawing): Markup {
  const end = sign > 0 ? top : bottom;
  const bar = (left: number, right: number, fraction: number): Child => {
    if (fraction === 0) return undefined;
    const height = Math.min(fraction, Math.abs(end) / 1.12);
    const from = y.place(0);
    const to = y.place(100 * sign * height);
    return markup`<path d="M${px(left)} ${px(from)}V${px(to)}H${px(right)}V${px(from)}Z"/>`;
  };
  const bins = shares.bins.map((fraction, i) =>
    bar(x.place(edges[i] ?? 0) + 0.5, x.place(edges[i + 1] ?? 0) - 0.5, fraction),
  );
  const slot = (left: number, fraction: number): Child => {
    const height = Math.min(fraction, Math.abs(end) / 1.12);
    const tip = y.place(100 * sign * height);
    return [
      bar(left + 6, left + SLOT - 6, fraction),
      fraction > height * (1 + 1e-9) &&
        markup`<path class="cut" d="M${px(left + 3)} ${px(tip + sign * 14)}l${SLOT - 6} -6"/>`,
      markup`<text x="${px(left + SLOT / 2)}" y="${px(tip + (sign > 0 ? -4 : 12))}" text-anchor="middle">${percent(fraction)}</text>`,
    ];
  };
  return markup`<g class="bars ${sign > 0 ? 'model' : 'baseline'}">${bins}<g class="apart">${slot(X_RANGE[0], shares.misclassified)}${slot(X_RANGE[1] - SLOT, shares.notFound)}</g></g>`;
}

/** Where a search ended, if there are bins beyond. */
function limit(at: number, sign: 1 | -1, { x, y, edges, top, bottom }: Drawing): Child {
  if (at >= (edges.at(-2) ?? 0)) return undefined;
  return markup`<path class="limit" d="M${px(x.place(at))} ${px(y.place(0))}V${px(y.place(100 * (sign > 0 ? top : bottom)))}"/>`;
}
