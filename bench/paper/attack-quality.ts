import { dispose } from '@tensorflow/tfjs-core';
import type { Engine } from '../../core/engine/engine.js';
import { compileMarginSearch } from '../../core/margin/margin-search.js';
import { MINIMUM_NORM_ATTACKS } from '../../core/margin/attacks/minimum-norm-attacks.js';
import type { Examples } from '../../trainer/data/dataset.js';
import { BOUNDS, distancesOf, readLenet, THREATS, type Distances } from '../lenet-distances.js';
import type { Oracle } from '../oracle.js';

/** What the contract's efforts cost: a search of FAST, and one of STANDARD. */
const FAST = 20;
const STANDARD = 100;
/** What FAST is held against. */
const BASELINE_OF_FAST = 40;

/** Which searches are compared, and what each may cost. */
const SEARCHES = [
  { attack: 'best-of', budget: FAST },
  { attack: 'best-of', budget: STANDARD },
  { attack: 'an-pgd', budget: BASELINE_OF_FAST },
  { attack: 'an-pgd', budget: STANDARD },
] as const;
type Attack = (typeof SEARCHES)[number]['attack'];

/**
 * How short the perturbations of a budget are, beside those of AN-PGD: on images that a model classifies correctly.
 *
 * @param weights a safetensors file of a LeNet
 * @param oracle another implementation's AN-PGD beside ours, if there is one; it bisects SLM, which crosses before the answer changes, and verifies nothing
 */
export async function attackQuality(
  engine: Engine,
  weights: string,
  images: Examples,
  oracle: Oracle | undefined,
  say: (text: string) => void,
) {
  const lenet = await readLenet(weights);
  const results: unknown[] = [];
  try {
    for (const { norm, maxDistance } of THREATS) {
      const found: ({ readonly attack: Attack; readonly budget: number } & Distances)[] = [];
      for (const { attack, budget } of SEARCHES) {
        const search = compileMarginSearch(
          engine.compile,
          lenet.classifier,
          { norm, bounds: BOUNDS },
          MINIMUM_NORM_ATTACKS[attack],
        );
        found.push({ attack, budget, ...(await distancesOf(search, lenet, images, maxDistance, budget)) });
      }
      const medianOf = (attack: Attack, budget: number): number =>
        found.find((each) => each.attack === attack && each.budget === budget)?.medianDistance ?? NaN;
      const ratios = {
        standard: medianOf('best-of', STANDARD) / medianOf('an-pgd', STANDARD),
        fast: medianOf('best-of', FAST) / medianOf('an-pgd', BASELINE_OF_FAST),
      };
      say(`${norm} up to ${maxDistance}: of AN-PGD's median, ${percent(ratios)}`);
      const settings = { norm, maxDistance, count: images.count, iterations: STANDARD, seed: 0 };
      const beside = await oracle?.margins(weights, settings);
      const pytorch = beside && { medianDistance: beside.medianDistance, meanDistance: beside.meanDistance };
      results.push({ norm, maxDistance, ratios, searches: found, ...(pytorch && { oracleAnPgd: pytorch }) });
    }
  } finally {
    dispose(lenet.weights);
  }
  return { weights, images: images.count, results };
}

const percent = ({ standard, fast }: { readonly standard: number; readonly fast: number }): string =>
  `${(100 * standard).toFixed(1)} % at ${STANDARD} gradients each, ${(100 * fast).toFixed(1)} % at ${FAST} against ${BASELINE_OF_FAST}`;
