import { readFile } from 'node:fs/promises';
import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../core/engine/engine.js';
import type { WeightedClassifier } from '../core/margin/attack-steps.js';
import type { MarginSearch } from '../core/margin/margin-search.js';
import { classifierOf } from '../core/model/classifier.js';
import { importSafetensors } from '../core/model/import-weights.js';
import { buildModel, type Model } from '../core/model/model.js';
import { toTensors } from '../core/model/weights.js';
import type { Examples } from '../trainer/data/dataset.js';
import { partOf } from '../trainer/data/part-of.js';
import { mean } from '../trainer/mma/mean.js';
import { median } from '../trainer/mma/quantiles.js';

/** What searches are measured in: the paper's reaches, and a distance that nothing is beyond. */
export const THREATS = [
  { norm: 'linf', maxDistance: 0.4725 },
  { norm: 'l2', maxDistance: 2.1 },
  { norm: 'l2', maxDistance: 6 },
] as const;

export const BOUNDS = { lower: 0, upper: 1 };
const IMAGES_AT_A_TIME = 100;

export interface Lenet {
  readonly model: Model;
  readonly weights: TensorMap;
  readonly classifier: WeightedClassifier;
}

/** How far the answers to correctly classified images are from changing; where nothing was found, the largest distance counts. */
export interface Distances {
  readonly meanDistance: number;
  readonly medianDistance: number;
  readonly correct: number;
  readonly notFound: number;
  /** The most that an image cost. */
  readonly gradientEvaluations: number;
}

/** A LeNet of a safetensors file; the caller disposes its weights. */
export async function readLenet(file: string): Promise<Lenet> {
  const { architecture, weights } = importSafetensors('lenet', await readFile(file));
  const model = buildModel(architecture);
  return {
    model,
    weights: toTensors(weights),
    classifier: classifierOf(model),
  };
}

/** What a search finds for images within a budget of gradient evaluations each. */
export async function distancesOf(
  search: MarginSearch,
  { model, weights }: Lenet,
  images: Examples,
  maxDistance: number,
  budget: number,
): Promise<Distances> {
  const findings = [];
  for (let first = 0; first < images.count; first += IMAGES_AT_A_TIME) {
    const batch = partOf(images, first, Math.min(first + IMAGES_AT_A_TIME, images.count));
    const pixels = Float32Array.from(batch.images, (value) => value / 255);
    const inputs = tensor4d(pixels, [batch.count, ...model.architecture.inputShape]);
    const found = await search.find({
      ...{ weights, inputs, maxDistance, maxGradientEvaluations: budget, seed: 0n },
      labels: [...batch.labels],
    });
    dispose([inputs, found.perturbations]);
    findings.push(...found.findings.filter(({ status }) => status !== 'misclassified'));
  }
  const distances = findings.map(({ distance }) => distance);
  return {
    meanDistance: mean(distances),
    medianDistance: median(distances),
    correct: findings.length,
    notFound: findings.filter(({ status }) => status === 'not-found').length,
    gradientEvaluations: Math.max(...findings.map(({ gradientEvaluations }) => gradientEvaluations)),
  };
}
