import assert from 'node:assert/strict';
import { dispose, gather, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import {
  FIXED_NORM_ATTACKS,
  type FixedNormAttackName,
} from '../../../../../../core/margin/attacks/fixed-norm-attacks.js';
import { pointAt } from '../../../../../../core/margin/box.js';
import { logitMarginOf, readLogits } from '../../../../../../core/margin/host-logits.js';
import type { Norm } from '../../../../../../core/margin/threat-model.js';
import { classifierOf } from '../../../../../../core/model/classifier.js';
import { importSafetensors } from '../../../../../../core/model/import-weights.js';
import { buildModel } from '../../../../../../core/model/model.js';
import { toTensors } from '../../../../../../core/model/weights.js';
import { goldenFiles } from '../../../../../support/golden.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };

/** Gradient evaluations of PGD. */
const PGD = { iterations: 45, restarts: 2 };

/** What each of them costs whoever has to measure it: an evaluation at the point, and one a pixel. */
const FORWARD_EVALUATIONS_PER_GRADIENT = 1 + 28 * 28;

/** Far below what PGD would cost then. */
const CASES: readonly (readonly [FixedNormAttackName, Norm, epsilon: number, iterations: number])[] = [
  ['square', 'linf', 0.08, 5000],
  ['square', 'l2', 0.8, 5000],
  ['spsa', 'linf', 0.08, 60],
  ['spsa', 'l2', 0.8, 60],
];

describe('attacks without gradients, on a LeNet trained elsewhere', () => {
  for (const [name, norm, epsilon, iterations] of CASES) {
    it(`${name}, ${norm}: breaks what PGD breaks, for less than PGD without gradients would cost`, async () => {
      const golden = goldenFiles('lenet').at(-1)!;
      const engine = await openEngine(TEST_ENGINE);
      const { architecture, weights: stored } = importSafetensors('lenet', golden.bytes);
      const model = buildModel(architecture);
      const classifier = classifierOf(model);
      const weights = toTensors(stored);
      const { data, shape } = golden.tensor('images');
      const images = tensor<Rank.R4>(data, [...shape] as [number, number, number, number]);

      /** Which of some images an attack breaks, and the forward evaluations that it spent. */
      const broken = async (attack: FixedNormAttackName, rows: readonly number[], iterations: number, restarts = 1) => {
        const inputs: Tensor4D = tidy(() => gather(images, tensor1d([...rows], 'int32')));
        const classes = rows.map((row) => Number(golden.tensor('labels').data[row]));
        const { rows: logits } = await readLogits(tidy(() => classifier(weights, inputs)));
        const { perturbations, forwardEvaluations = 0 } = await FIXED_NORM_ATTACKS[attack]
          .compile(engine.compile, classifier, { norm, bounds: BOUNDS }, 'untargeted')
          .find({
            ...{ weights, inputs, classes, logits, iterations, restarts },
            seeds: rows.map((row) => BigInt(100 + row)),
            radii: rows.map(() => epsilon),
            shouldContinue: () => true,
          });
        const reached = await readLogits(tidy(() => classifier(weights, pointAt(inputs, perturbations, BOUNDS))));
        dispose([inputs, perturbations]);
        return { rows: rows.filter((_, i) => logitMarginOf(reached.rows[i]!, classes[i]!) > 0), forwardEvaluations };
      };
      const correct = Array.from(golden.tensor('correct').data, Number);
      const pgd = await broken('pgd-ce', correct, PGD.iterations, PGD.restarts);
      assert.ok(pgd.rows.length > 0 && pgd.rows.length < correct.length);
      const found = await broken(name, pgd.rows, iterations);
      assert.deepEqual(found.rows, pgd.rows);
      const affordable = PGD.iterations * PGD.restarts * FORWARD_EVALUATIONS_PER_GRADIENT;
      assert.ok(
        found.forwardEvaluations > 0 && found.forwardEvaluations < affordable / 5,
        `${found.forwardEvaluations}`,
      );
      dispose(weights);
      images.dispose();
    });
  }
});
