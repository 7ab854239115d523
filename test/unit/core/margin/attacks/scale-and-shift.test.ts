import assert from 'node:assert/strict';
import { add, dispose, mul, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../core/margin/attack-steps.js';
import { FIXED_NORM_ATTACKS } from '../../../../../core/margin/attacks/fixed-norm-attacks.js';
import { MINIMUM_NORM_ATTACKS } from '../../../../../core/margin/attacks/minimum-norm-attacks.js';
import { verify, isAdversarial } from '../../../../../core/margin/verify.js';
import { largestLogit, readLogits } from '../../../../../core/margin/host-logits.js';
import { compileMarginSearch } from '../../../../../core/margin/margin-search.js';
import { neverStop } from '../../../../../core/margin/pace.js';
import { perceptron, perceptronTensors } from '../../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
const COUNT = 8;
const EPSILON = 0.06;
const MAX_DISTANCE = 0.5;

/** The same answers with other logits: k z + c, which float32 gives exactly for powers of two k and c = 0. */
const scaled =
  (scale: number, shift = 0): WeightedClassifier =>
  (weights, inputs): Tensor2D =>
    add(mul(perceptron(weights, inputs), scale), shift);

/** About 1e-6 and 1e6. */
const SCALES = [2 ** -20, 2 ** 20];

describe('attacks on the same classifier with other logits', () => {
  let engine: Engine;
  let weights: TensorMap;
  let inputs: Tensor4D;
  let logits: readonly Float32Array[];
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    ({ weights, inputs } = perceptronTensors(5, COUNT));
    ({ rows: logits } = await readLogits(tidy(() => perceptron(weights, inputs))));
  });
  after(() => {
    dispose([...Object.values(weights), inputs]);
  });

  const problem = (scale: number) => ({
    weights,
    inputs,
    classes: logits.map(largestLogit),
    logits: logits.map((row) => row.map((value) => value * scale)),
    seeds: logits.map((_, index) => BigInt(index)),
    shouldContinue: neverStop,
  });

  for (const [name, kind] of Object.entries(FIXED_NORM_ATTACKS)) {
    it(`${name} breaks the same inputs whatever the scale of the logits`, async () => {
      const brokenAt = async (scale: number): Promise<string> => {
        const classifier = scaled(scale);
        const threat = { norm: 'linf', bounds: BOUNDS } as const;
        const attack = kind.compile(engine.compile, classifier, threat, 'untargeted');
        const effort = { iterations: 10, restarts: 1, radii: logits.map(() => EPSILON) };
        const { perturbations } = await attack.find({ ...problem(scale), ...effort });
        const followed = await verify(classifier, weights, inputs, perturbations, threat);
        return followed
          .map((reached, row) => Number(isAdversarial(reached, largestLogit(logits[row]!), EPSILON)))
          .join('');
      };
      const expected = await brokenAt(1);
      assert.match(expected, /1/, 'some input must be broken for the test to tell anything');
      for (const scale of SCALES) assert.equal(await brokenAt(scale), expected, `scale ${scale}`);
    });
  }

  for (const [name, kind] of Object.entries(MINIMUM_NORM_ATTACKS)) {
    it(`${name} finds the same distances whatever the scale of the logits`, async () => {
      const norm = name === 'ddn' ? 'l2' : 'linf';
      const distancesAt = async (scale: number): Promise<readonly number[]> => {
        const search = compileMarginSearch(engine.compile, scaled(scale), { norm, bounds: BOUNDS }, kind);
        const limits = { maxDistance: norm === 'l2' ? 3 : MAX_DISTANCE, maxGradientEvaluations: 30, seed: 1n };
        const { findings, perturbations } = await search.find({ weights, inputs, ...limits });
        perturbations.dispose();
        assert.ok(findings.every(({ status, unresolved }) => status === 'found' && !unresolved));
        return findings.map(({ distance }) => distance);
      };
      const expected = await distancesAt(1);
      for (const scale of SCALES) {
        for (const [row, distance] of (await distancesAt(scale)).entries()) {
          assert.ok(Math.abs(distance / expected[row]! - 1) < 1e-3, `scale ${scale}, input ${row}: ${distance}`);
        }
      }
    });
  }

  it('a constant added to all logits lengthens no margin by more than float32 resolves, and is said to where it does not', async () => {
    const find = async (shift: number) => {
      const search = compileMarginSearch(engine.compile, scaled(1, shift), { norm: 'linf', bounds: BOUNDS });
      const limits = { maxDistance: MAX_DISTANCE, maxGradientEvaluations: 100, seed: 1n };
      const { findings, perturbations } = await search.find({ weights, inputs, ...limits });
      perturbations.dispose();
      return findings;
    };
    const plain = await find(0);
    assert.ok(plain.every(({ unresolved }) => !unresolved));
    for (const shift of [1e3, 1e5]) {
      for (const [row, { distance, unresolved, status }] of (await find(shift)).entries()) {
        // The end lies beyond the boundary by up to four spacings of float32.
        const before = plain[row]!;
        const fraction = (4 * 2 ** -23 * shift) / -before.logitMargin;
        const isClose = status === 'found' && distance < before.distance * (1.05 + 2 * fraction);
        assert.ok(unresolved || isClose, `shift ${shift}, input ${row}: ${distance} in place of ${before.distance}`);
        assert.ok(fraction > 0.2 || !unresolved, `shift ${shift}, input ${row}: unresolved without need`);
      }
    }
    assert.ok((await find(1e9)).every(({ unresolved }) => unresolved));
  });
});
