import { linePlot } from '../../trainer/evaluate/report/line-plot.js';
import { markup, type Markup } from '../../trainer/evaluate/report/markup.js';
import { page } from '../../trainer/evaluate/report/page.js';
import type { Cost, Growth, StepCost } from './step-cost.js';

/** How the cost of a step grows, as one HTML page: what was measured, and the line through it. */
export function costPage(cost: StepCost, engine: string): string {
  const title = `The cost of a training step: ${cost.model}, ${engine}`;
  return page(
    title,
    markup`<h1>${title}</h1>
<p>MMA training, ${cost.byIterations.points[0]?.batch} examples a step or N = ${cost.byBatch.points[0]?.iterations} where they are not what is varied. Medians of ${cost.runs} steps.</p>
<div class="beside">${growthPlot('batch', 'examples a step', cost.byBatch, ({ batch }) => batch)}
${growthPlot('iterations', 'PGD iterations N', cost.byIterations, ({ iterations }) => iterations)}</div>`,
  );
}

function growthPlot(id: string, label: string, { points, line }: Growth, at: (point: Cost) => number): Markup {
  const places = points.map((point) => [at(point), 1000 * point.secondsPerStep] as const);
  const last = Math.max(...places.map(([x]) => x));
  const fitted = (x: number): number => 1000 * (line.intercept + line.slope * x);
  const words = `${(1000 * line.intercept).toFixed(1)} ms and ${(1000 * line.slope).toFixed(2)} ms for each; R² ${line.determination.toFixed(4)}`;
  return markup`<figure>${linePlot({
    id,
    title: `Milliseconds a step by ${label}`,
    description: `The line through what was measured: ${words}.`,
    x: { label, domain: [0, last], roundUp: true },
    y: {
      label: 'milliseconds',
      domain: [0, Math.max(...places.map(([, y]) => y), fitted(last))],
      roundUp: true,
    },
    lines: [
      { name: 'measured', kind: 'first', marker: 'circle', points: places },
      {
        name: 'line',
        kind: 'second',
        dashed: true,
        points: [
          [0, fitted(0)],
          [last, fitted(last)],
        ],
      },
    ],
  })}<figcaption>${words}; no point is further than ${(100 * line.largestDeviation).toFixed(0)}% from the line.</figcaption></figure>`;
}
