import type { ExampleMargin } from '../evaluation-result.js';
import { roundStep } from './ticks.js';

/** As many bins as a plot has room for. */
const MOST_BINS = 24;

/** Fractions of examples, 0 to 1, that add up to 1. */
export interface MarginFractions {
  readonly misclassified: number;
  /** Between the edges: above the lower one, up to the upper one. */
  readonly bins: readonly number[];
  /** Nothing was found up to the largest distance. */
  readonly notFound: number;
}

/** Edges of equal bins of a round width, from 0 to at least `upper`, which is > 0; round in multiples of `perUnit`. */
export function roundEdges(upper: number, perUnit = 1): readonly number[] {
  const { mantissa, exponent } = roundStep(upper / perUnit / MOST_BINS);
  const step = Number(`${mantissa}e${exponent}`) * perUnit;
  const bins = Math.max(1, Math.ceil(upper / step - 1e-9));
  return Array.from({ length: bins + 1 }, (_, i) => Number(`${i * mantissa}e${exponent}`) * perUnit);
}

/** Counts margins into bins; what is misclassified or was not found stays apart, wherever the bins end. */
export function marginFractions(
  margins: readonly Pick<ExampleMargin, 'status' | 'distance'>[],
  edges: readonly number[],
): MarginFractions {
  const bins = new Array<number>(edges.length - 1).fill(0);
  let misclassified = 0;
  let notFound = 0;
  for (const { status, distance } of margins) {
    if (status === 'misclassified') misclassified++;
    else if (status === 'not-found') notFound++;
    else {
      const upper = edges.findIndex((edge, i) => i > 0 && distance <= edge);
      const bin = upper < 0 ? bins.length - 1 : upper - 1;
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
  }
  const fraction = (found: number): number => found / Math.max(1, margins.length);
  return { misclassified: fraction(misclassified), bins: bins.map(fraction), notFound: fraction(notFound) };
}

/**
 * The fraction of examples whose margin is greater than ε: what their margins say of robust accuracy. One for which nothing was found is counted up to the
 * largest distance that was searched; above it nothing is known.
 */
export function fractionBeyond(
  margins: readonly Pick<ExampleMargin, 'status' | 'distance'>[],
  epsilon: number,
  maxDistance: number,
): number {
  if (margins.length === 0 || epsilon > maxDistance * (1 + 1e-9)) return NaN;
  const beyond = margins.filter(
    ({ status, distance }) => status === 'not-found' || (status === 'found' && distance > epsilon),
  );
  return beyond.length / margins.length;
}
