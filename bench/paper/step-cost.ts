import type { Engine } from '../../core/engine/engine.js';
import { mean } from '../../trainer/mma/mean.js';
import { median } from '../../trainer/mma/quantiles.js';
import { openStep } from '../workloads/step.js';

const MODEL = 'lenet-8-16-64';
const BATCHES = [25, 50, 100, 200];
const ITERATIONS = [5, 10, 20, 40];
const USUAL = { batch: 50, iterations: 10 };
const WARM_UPS = 2;

/** What a step costs at one setting. */
export interface Cost {
  readonly batch: number;
  readonly iterations: number;
  readonly secondsPerStep: number;
}

/** What was measured as one thing grew, and the line through it. */
export interface Growth {
  readonly points: readonly Cost[];
  readonly line: Line;
}

export interface StepCost {
  readonly model: string;
  /** Steps whose median counts. */
  readonly runs: number;
  readonly byBatch: Growth;
  readonly byIterations: Growth;
}

/** y = intercept + slope · x by least squares, and how much of the spread of y it leaves unexplained. */
interface Line {
  readonly intercept: number;
  readonly slope: number;
  /** R², 1 where all points lie on the line. */
  readonly determination: number;
  /** The largest |y − line| / y. */
  readonly largestDeviation: number;
}

/** How the cost of a step grows with the batch, and with N: seconds, and the lines through them. */
export async function stepCost(engine: Engine, runs: number, say: (text: string) => void): Promise<StepCost> {
  const points = async (settings: readonly { readonly batch: number; readonly iterations: number }[]) => {
    const found: Cost[] = [];
    for (const each of settings) {
      const secondsPerStep = await secondsOf(engine, each, runs);
      say(`batch ${each.batch}, N ${each.iterations}: ${(1000 * secondsPerStep).toFixed(1)} ms a step`);
      found.push({ ...each, secondsPerStep });
    }
    return found;
  };
  const byBatch = await points(BATCHES.map((batch) => ({ ...USUAL, batch })));
  const byIterations = await points(ITERATIONS.map((iterations) => ({ ...USUAL, iterations })));
  return {
    model: MODEL,
    runs,
    byBatch: { points: byBatch, line: lineThrough(byBatch.map((each) => [each.batch, each.secondsPerStep])) },
    byIterations: {
      points: byIterations,
      line: lineThrough(byIterations.map((each) => [each.iterations, each.secondsPerStep])),
    },
  };
}

/** The median of some steps. */
async function secondsOf(
  engine: Engine,
  { batch, iterations }: { readonly batch: number; readonly iterations: number },
  runs: number,
): Promise<number> {
  const workload = await openStep(engine, { model: MODEL, batch, iterations });
  try {
    for (let i = 0; i < WARM_UPS; i++) await workload.run();
    const seconds: number[] = [];
    for (let i = 0; i < runs; i++) {
      const began = performance.now();
      await workload.run();
      seconds.push((performance.now() - began) / 1000);
    }
    return median(seconds);
  } finally {
    workload.dispose();
  }
}

function lineThrough(points: readonly (readonly [number, number])[]): Line {
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  const slope = covariance / mean(points.map(([x]) => (x - meanX) ** 2));
  const intercept = meanY - slope * meanX;
  const residuals = points.map(([x, y]) => y - intercept - slope * x);
  return {
    intercept,
    slope,
    determination: 1 - mean(residuals.map((r) => r * r)) / mean(points.map(([, y]) => (y - meanY) ** 2)),
    largestDeviation: Math.max(...residuals.map((r, i) => Math.abs(r) / (points[i]?.[1] ?? NaN))),
  };
}
