import type { Point, Run, Stroke } from './glyphs.js';

/** Straight pieces that a curve between two points is drawn as. */
const PIECES = 5;

/** The polyline of a stroke: a Catmull–Rom spline (uniform, end points repeated) through the points of each run. */
export function polyline(stroke: Stroke): Point[] {
  const line: Point[] = [];
  for (const run of stroke) {
    const start = line.pop();
    line.push(...spline(start === undefined ? run : [start, ...run]));
  }
  return line;
}

function spline(run: Run): Point[] {
  const points: Point[] = [];
  for (let i = 0; i + 1 < run.length; i++) {
    const [p1, p2] = [run[i], run[i + 1]] as [Point, Point];
    const [p0, p3] = [run[i - 1] ?? p1, run[i + 2] ?? p2];
    for (let k = 0; k < PIECES; k++) {
      const t = k / PIECES;
      points.push([catmullRom(p0[0], p1[0], p2[0], p3[0], t), catmullRom(p0[1], p1[1], p2[1], p3[1], t)]);
    }
  }
  const last = run.at(-1);
  if (last !== undefined) points.push(last);
  return points;
}

/** p(t) = p1 + ½ t (p2 − p0 + t (2 p0 − 5 p1 + 4 p2 − p3 + t (3 (p1 − p2) + p3 − p0))), t in [0, 1] (Catmull, Rom 1974) */
function catmullRom(p0: number, p1: number, p2: number, p3: number, t: number): number {
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

/**
 * Draws a polyline with a round pen into an image; where lines overlap the darker ink stays.
 *
 *     coverage(pixel) = clip(halfWidth + ½ − distance(pixel centre, line), 0, 1)
 *
 * @param coverage [side, side], in [0, 1]; changed in place
 * @param line in pixels; the centre of the first pixel is (0, 0)
 * @param halfWidth half the width of the pen, in pixels
 */
export function drawLine(coverage: Float64Array, side: number, line: readonly Point[], halfWidth: number): void {
  const reach = halfWidth + 0.5;
  for (let i = 0; i + 1 < line.length; i++) {
    const [[ax, ay], [bx, by]] = [line[i], line[i + 1]] as [Point, Point];
    const [dx, dy] = [bx - ax, by - ay];
    const lengthSquared = dx * dx + dy * dy;
    const right = Math.min(side - 1, Math.floor(Math.max(ax, bx) + reach));
    const bottom = Math.min(side - 1, Math.floor(Math.max(ay, by) + reach));
    for (let y = Math.max(0, Math.ceil(Math.min(ay, by) - reach)); y <= bottom; y++) {
      for (let x = Math.max(0, Math.ceil(Math.min(ax, bx) - reach)); x <= right; x++) {
        const along = lengthSquared === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / lengthSquared;
        const t = Math.max(0, Math.min(1, along));
        const [ex, ey] = [x - ax - t * dx, y - ay - t * dy];
        const ink = Math.min(1, reach - Math.sqrt(ex * ex + ey * ey));
        const at = y * side + x;
        if (ink > (coverage[at] ?? 1)) coverage[at] = ink;
      }
    }
  }
}
