import assert from 'node:assert/strict';
import { dispose, floor, mul, slice, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import type { AttackKind, FixedNormAttack } from '../../../../../../core/margin/attacks/attack.js';
import { spsa } from '../../../../../../core/margin/attacks/fixed-norm/spsa/spsa.js';
import { square } from '../../../../../../core/margin/attacks/fixed-norm/square/square.js';
import type { WeightedClassifier } from '../../../../../../core/margin/attack-steps.js';
import { pointAt } from '../../../../../../core/margin/box.js';
import { largestLogit, readLogits } from '../../../../../../core/margin/host-logits.js';
import { NORMS, type Norm } from '../../../../../../core/margin/threat-model.js';
import { assertClose } from '../../../../../support/close.js';
import { perceptron, perceptronTensors } from '../../../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
const COUNT = 8;

/** The logits in steps: their gradients are 0 wherever they are not undefined. */
const staircase: WeightedClassifier = (weights, x) => mul<Tensor2D>(floor(mul(perceptron(weights, x), 50)), 0.02);

const KINDS: readonly (readonly [kind: AttackKind<FixedNormAttack>, iterations: number])[] = [
  [square, 300],
  [spsa, 20],
];

describe('attacks without gradients', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  interface Run {
    readonly kind: AttackKind<FixedNormAttack>;
    readonly norm: Norm;
    readonly radius: number;
    readonly iterations: number;
    readonly weights: ReturnType<typeof perceptronTensors>['weights'];
    readonly inputs: Tensor4D;
    readonly classifier?: WeightedClassifier;
  }
  /** δ on the host, and whether the answer changes. */
  const attack = async ({ kind, norm, radius, iterations, weights, inputs, classifier = perceptron }: Run) => {
    const { rows: logits } = await readLogits(tidy(() => classifier(weights, inputs)));
    const answers = logits.map(largestLogit);
    const { perturbations, forwardEvaluations } = await kind
      .compile(engine.compile, classifier, { norm, bounds: BOUNDS }, 'untargeted')
      .find({
        ...{ weights, inputs, logits, iterations, restarts: 1, shouldContinue: () => true },
        classes: answers,
        seeds: answers.map((_, index) => 100n + BigInt(index)),
        radii: answers.map(() => radius),
      });
    const values = perturbations.dataSync() as Float32Array;
    const { rows } = await readLogits(tidy(() => classifier(weights, pointAt(inputs, perturbations, BOUNDS))));
    perturbations.dispose();
    return { values, forwardEvaluations, changed: rows.filter((row, i) => largestLogit(row) !== answers[i]).length };
  };

  for (const [kind, iterations] of KINDS) {
    for (const norm of NORMS) {
      it(`${kind.name}, ${norm}: breaks as much of a staircase, whose gradient is 0, as of its slope`, async () => {
        const { weights, inputs } = perceptronTensors(5, COUNT);
        const run = { kind, norm, radius: norm === 'linf' ? 0.15 : 0.8, iterations, weights, inputs };
        const slope = await attack(run);
        const stairs = await attack({ ...run, classifier: staircase });
        assert.ok(slope.changed > COUNT / 4, `${slope.changed} of the slope`);
        assert.ok(
          stairs.changed >= slope.changed - 1,
          `${slope.changed} of the slope, ${stairs.changed} of the stairs`,
        );
        dispose([inputs]);
        dispose(weights);
      });

      it(`${kind.name}, ${norm}: ends before its budget once every input is broken`, async () => {
        const { weights, inputs } = perceptronTensors(6, COUNT);
        const run = { kind, norm, radius: norm === 'linf' ? 0.6 : 3.5, weights, inputs };
        const few = await attack({ ...run, iterations });
        const many = await attack({ ...run, iterations: 20 * iterations });
        assert.deepEqual([few.changed, many.changed], [COUNT, COUNT]);
        assert.ok(many.forwardEvaluations! < few.forwardEvaluations! * 3, `${many.forwardEvaluations}`);
        dispose([inputs]);
        dispose(weights);
      });
    }
  }

  it('spsa: directions that are too many for one call make several, and lead to the same', async () => {
    const { weights, inputs } = perceptronTensors(7, 128);
    const run = { kind: spsa, norm: 'linf', radius: 0.02, iterations: 2, weights } as const;
    const { values } = await attack({ ...run, inputs });
    const first = slice(inputs, [0, 0, 0, 0], [1, -1, -1, -1]);
    const alone = await attack({ ...run, inputs: first });
    assertClose(alone.values, values.subarray(0, 36), 1e-4);
    dispose([inputs, first]);
    dispose(weights);
  });
});
