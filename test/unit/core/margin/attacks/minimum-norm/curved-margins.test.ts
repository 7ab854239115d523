import assert from 'node:assert/strict';
import { concat, dispose, mul, reshape, square, sub, sum, tensor4d, zerosLike } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../../core/margin/attack-steps.js';
import type { AttackKind, MinimumNormAttack } from '../../../../../../core/margin/attacks/attack.js';
import {
  MINIMUM_NORM_ATTACKS,
  type MinimumNormAttackName,
} from '../../../../../../core/margin/attacks/minimum-norm-attacks.js';
import { hostLength } from '../../../../../../core/margin/host-length.js';
import { createRandom } from '../../../../../../core/random.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
const [SIDE, COUNT, BUDGET] = [6, 8, 100];
const VALUES = SIDE * SIDE;

/** How close each comes to the margin: the largest ratio to it. AN-PGD keeps to the direction that it finds at the largest distance. */
const CLOSENESS: Readonly<Record<MinimumNormAttackName, number>> = {
  'adaptive-pgd': 1.002,
  'an-pgd': 3.6,
  fmn: 1.001,
  ddn: 1.001,
  'best-of': 1.002,
  deepfool: 1.01,
  'fab-t': 1.01,
  'epsilon-search': 1.003,
};

/** a, the inverse squares of the semi-axes of the ellipsoid q(x) = Σ aᵢ (xᵢ − ½)² ≤ 1: no gradient inside leads to the nearest point of its surface. */
const CURVATURES = Array.from({ length: VALUES }, (_, i) => 2 * 16 ** (i / (VALUES - 1)));

/** z₀ = 1 − q(x), z₁ = 0: class 0 is the ellipsoid. */
const ellipsoid: WeightedClassifier = (_, inputs) => {
  const offsets = reshape(sub(inputs, 0.5), [inputs.shape[0], VALUES]);
  const inside: Tensor2D = sub(1, sum(mul(square(offsets), [CURVATURES]), 1, true));
  return concat([inside, zerosLike(inside)], 1);
};

/**
 * The distance in ℓ2 from x inside of the ellipsoid to its surface, which lies inside the box there: to x′ = ½ + v / (1 + λ a), v = x − ½, where
 * λ between −1 / max a and 0 solves Σ aᵢ vᵢ² / (1 + λ aᵢ)² = 1.
 */
function distanceTo(input: readonly number[]): number {
  const offsets = input.map((value) => value - 0.5);
  const q = (lambda: number): number =>
    offsets.reduce((total, v, i) => total + CURVATURES[i]! * (v / (1 + lambda * CURVATURES[i]!)) ** 2, 0);
  let [low, high] = [-1 / Math.max(...CURVATURES), 0];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (q(middle) > 1) low = middle;
    else high = middle;
  }
  return Math.hypot(...offsets.map((v, i) => v - v / (1 + high * CURVATURES[i]!)));
}

describe('minimum-norm attacks on a curved boundary', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  for (const [key, kind] of Object.entries<AttackKind<MinimumNormAttack>>(MINIMUM_NORM_ATTACKS)) {
    const name = key as MinimumNormAttackName;
    it(`${name}: comes close to the distance to an ellipsoid, in ${BUDGET} gradients`, async () => {
      const random = createRandom(1);
      const rows = Array.from({ length: COUNT }, () =>
        Array.from({ length: VALUES }, () => Math.fround(0.44 + 0.12 * random.uniform())),
      );
      const inputs: Tensor4D = tensor4d(rows.flat(), [COUNT, SIDE, SIDE, 1]);
      const logits = ellipsoid({}, inputs);
      const threat = { norm: 'l2', bounds: BOUNDS } as const;
      const { perturbations } = await kind.compile(engine.compile, ellipsoid, threat, 'untargeted').find({
        ...{ weights: {}, inputs, classes: rows.map(() => 0), seeds: rows.map((_, index) => BigInt(index)) },
        logits: logits.arraySync().map((row) => Float32Array.from(row)),
        ...{ maxDistance: 4, maxGradientEvaluations: BUDGET, shouldContinue: () => true },
      });
      const values = perturbations.dataSync() as Float32Array;
      dispose([inputs, logits, perturbations]);
      const ratios = rows.map((row, index) => {
        const length = hostLength('l2', values.subarray(index * VALUES, (index + 1) * VALUES));
        return length / distanceTo(row);
      });
      assert.ok(Math.min(...ratios) >= 1 - 1e-4, `below the margin: ${Math.min(...ratios)}`);
      assert.ok(Math.max(...ratios) <= CLOSENESS[name], `${Math.max(...ratios)}`);
    });
  }
});
