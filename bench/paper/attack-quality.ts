import { readFile } from 'node:fs/promises';
import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../core/engine/engine.js';
import { invalidInput } from '../../core/errors.js';
import type { AttackKind, MinimumNormAttack } from '../../core/margin/attacks/attack.js';
import { MINIMUM_NORM_ATTACKS } from '../../core/margin/attacks/minimum-norm-attacks.js';
import { compileMarginSearch } from '../../core/margin/margin-search.js';
import { importSafetensors } from '../../core/model/import-weights.js';
import { buildModel, type Model } from '../../core/model/model.js';
import { toTensors } from '../../core/model/weights.js';
import type { Examples } from '../../trainer/data/dataset.js';
import { median } from '../median.js';
import type { Oracle } from './oracle.js';

const THREATS = [
  { norm: 'linf', maxDistance: 0.4725 },
  { norm: 'l2', maxDistance: 2.1 },
  { norm: 'l2', maxDistance: 6 },
] as const;
type Threat = (typeof THREATS)[number];

/** What the contract's efforts cost: a search of FAST, and one of STANDARD. */
const FAST = 20;
const STANDARD = 100;
/** What FAST is held against. */
const BASELINE_OF_FAST = 40;

const BOUNDS = { lower: 0, upper: 1 };
const IMAGES_AT_A_TIME = 100;

/** Which searches are compared, and what each may cost. */
const SEARCHES = [
  { attack: 'best-of', budget: FAST },
  { attack: 'best-of', budget: STANDARD },
  { attack: 'an-pgd', budget: BASELINE_OF_FAST },
  { attack: 'an-pgd', budget: STANDARD },
] as const;

interface Distances {
  readonly attack: string;
  readonly budget: number;
  /** The most that an image cost. */
  readonly gradientEvaluations: number;
  /** Of the images that are classified correctly; where nothing was found, the largest distance. */
  readonly medianDistance: number;
  readonly meanDistance: number;
  readonly notFound: number;
}

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
  const { architecture, weights: stored } = importSafetensors('lenet', await readFile(weights));
  const model = buildModel(architecture);
  const tensors = toTensors(stored);
  const results: unknown[] = [];
  try {
    for (const threat of THREATS) {
      const found: Distances[] = [];
      for (const { attack, budget } of SEARCHES) {
        found.push(await distancesOf(engine, model, tensors, images, threat, attack, budget));
      }
      const medianOf = (attack: string, budget: number): number =>
        found.find((each) => each.attack === attack && each.budget === budget)?.medianDistance ?? NaN;
      const ratios = {
        standard: medianOf('best-of', STANDARD) / medianOf('an-pgd', STANDARD),
        fast: medianOf('best-of', FAST) / medianOf('an-pgd', BASELINE_OF_FAST),
      };
      say(`${threat.norm} up to ${threat.maxDistance}: of AN-PGD's median, ${percent(ratios)}`);
      const beside = await oracle?.margins(weights, {
        ...threat,
        count: images.count,
        iterations: STANDARD,
        seed: 0,
      });
      const pytorch = beside && { medianDistance: beside.medianDistance, meanDistance: beside.meanDistance };
      results.push({ ...threat, ratios, searches: found, ...(pytorch && { oracleAnPgd: pytorch }) });
    }
  } finally {
    dispose(tensors);
  }
  return { weights, images: images.count, results };
}

async function distancesOf(
  engine: Engine,
  model: Model,
  weights: TensorMap,
  images: Examples,
  { norm, maxDistance }: Threat,
  attack: string,
  budget: number,
): Promise<Distances> {
  const search = compileMarginSearch(
    engine.compile,
    (at, inputs) => model.apply(at, at, inputs, false).logits,
    { norm, bounds: BOUNDS },
    kindOf(attack),
  );
  const { inputShape } = model.architecture;
  const size = inputShape.reduce((product, extent) => product * extent);
  const findings = [];
  for (let first = 0; first < images.count; first += IMAGES_AT_A_TIME) {
    const count = Math.min(IMAGES_AT_A_TIME, images.count - first);
    const pixels = Float32Array.from(images.images.subarray(first * size, (first + count) * size), (v) => v / 255);
    const inputs = tensor4d(pixels, [count, ...inputShape]);
    const found = await search.find({
      ...{ weights, inputs, maxDistance, maxGradientEvaluations: budget, seed: 0n, firstIndex: first },
      labels: [...images.labels.subarray(first, first + count)],
    });
    dispose([inputs, found.perturbations]);
    findings.push(...found.findings.filter(({ status }) => status !== 'misclassified'));
  }
  const distances = findings.map(({ distance }) => distance);
  return {
    attack,
    budget,
    gradientEvaluations: Math.max(...findings.map(({ gradientEvaluations }) => gradientEvaluations)),
    medianDistance: median(distances),
    meanDistance: distances.reduce((sum, distance) => sum + distance, 0) / distances.length,
    notFound: findings.filter(({ status }) => status === 'not-found').length,
  };
}

function kindOf(name: string): AttackKind<MinimumNormAttack> {
  const kinds: Readonly<Record<string, AttackKind<MinimumNormAttack>>> = MINIMUM_NORM_ATTACKS;
  const kind = kinds[name];
  if (kind === undefined) throw invalidInput('attack', Object.keys(kinds).join(', '), name);
  return kind;
}

const percent = ({ standard, fast }: { readonly standard: number; readonly fast: number }): string =>
  `${(100 * standard).toFixed(1)} % at ${STANDARD} gradients each, ${(100 * fast).toFixed(1)} % at ${FAST} against ${BASELINE_OF_FAST}`;
