import { mean } from '../../mma/mean.js';

type Point = readonly [number, number];

/** As many points as a plot can show. */
const MOST_POINTS = 240;

/** Means of neighbouring points, as many at a time as it takes to have at most `most`; those that are not finite are left out of them. */
export function thinned(points: readonly Point[], most = MOST_POINTS): readonly Point[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return points;
  const means: Point[] = [];
  for (let first = 0; first < points.length; first += size) {
    const together = points.slice(first, first + size);
    const finite = together.map(([, value]) => value).filter(Number.isFinite);
    means.push([mean(together.map(([at]) => at)), mean(finite)]);
  }
  return means;
}
