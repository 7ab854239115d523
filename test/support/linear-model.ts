import type { AttackNorm } from '../../core/margin/threat-model.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import { buildModel, type Model } from '../../core/model/model.js';
import { createRandom } from '../../core/random.js';
import type { Examples } from '../../trainer/data/dataset.js';

/** A linear classifier of two classes and examples of it, whose margins are known in closed form. */
export interface LinearProblem {
  readonly model: Model;
  readonly weights: HostTensors;
  readonly examples: Examples;
  readonly isCorrect: (example: number) => boolean;
  /** |w·x + b| / ‖w‖_dual, and 0 for a misclassified example: exact as long as the box is far. */
  readonly margin: (example: number, norm: AttackNorm) => number;
}

const VALUES = 16;

/** z₀ = 0, z₁ = w·x + b, on grey images about the middle of the box, half of them on either side. */
export function linearProblem(count: number, seed: number): LinearProblem {
  const random = createRandom(seed);
  const w = Array.from({ length: VALUES }, () => random.normal());
  const images = Uint8Array.from({ length: count * VALUES }, () => 110 + random.below(36));
  const labels = Uint8Array.from({ length: count }, () => random.below(2));
  const products = Array.from({ length: count }, (_, example) =>
    w.reduce((sum, weight, i) => sum + (weight * (images[example * VALUES + i] ?? NaN)) / 255, 0),
  );
  const b = 0.01 - (products.toSorted((x, y) => x - y)[count >> 1] ?? NaN);
  const score = (example: number): number => (products[example] ?? NaN) + b;
  const isCorrect = (example: number): boolean => score(example) > 0 === (labels[example] === 1);
  const dual: Record<AttackNorm, number> = {
    linf: w.reduce((sum, weight) => sum + Math.abs(weight), 0),
    l2: Math.hypot(...w),
    l1: Math.max(...w.map(Math.abs)),
  };
  return {
    model: buildModel({
      family: 'linear',
      inputShape: [4, 4, 1],
      classes: 2,
      layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'dense', units: 2 }],
    }),
    weights: {
      'dense.kernel': { shape: [VALUES, 2], data: Float32Array.from(w.flatMap((weight) => [0, weight])) },
      'dense.bias': { shape: [2], data: Float32Array.of(0, b) },
    },
    examples: { count, images, labels },
    isCorrect,
    margin: (example, norm) => (isCorrect(example) ? Math.abs(score(example)) / dual[norm] : 0),
  };
}
