import assert from 'node:assert/strict';
import { dispose, floor, memory, mul, slice, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import type { Aim, AttackKind, FixedNormAttack, FixedNormRequest } from '../../../../../core/margin/attacks/attack.js';
import { spsa } from '../../../../../core/margin/attacks/spsa/spsa.js';
import { square } from '../../../../../core/margin/attacks/square/square.js';
import type { WeightedClassifier } from '../../../../../core/margin/attack-steps.js';
import { pointAt } from '../../../../../core/margin/box.js';
import { hostLength } from '../../../../../core/margin/host-length.js';
import { largestLogit, readLogits } from '../../../../../core/margin/host-logits.js';
import { NORMS, type Norm } from '../../../../../core/margin/threat-model.js';
import { exactMargin, linearCase, linearClassifier, linearTensors } from '../../../../support/linear-classifier.js';
import { perceptron, perceptronTensors } from '../../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
const COUNT = 8;

/** Iterations that settle a linear model of 36 values, and a radius, in margins, at which nearly all of its inputs fall then. */
const SETTLED: readonly {
  readonly kind: AttackKind<FixedNormAttack>;
  readonly iterations: number;
  readonly reach: Readonly<Record<Norm, number>>;
}[] = [
  { kind: square, iterations: 600, reach: { linf: 1.05, l2: 2 } },
  { kind: spsa, iterations: 40, reach: { linf: 1.1, l2: 1.2 } },
];

describe('attacks without gradients', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  interface Options extends Partial<FixedNormRequest> {
    readonly kind: AttackKind<FixedNormAttack>;
    readonly norm: Norm;
    readonly classifier: WeightedClassifier;
    readonly weights: FixedNormRequest['weights'];
    readonly inputs: Tensor4D;
    readonly aim?: Aim;
  }

  /** An attack with defaults: δ on the host, the answers at x + δ, and what was spent. */
  const attack = async ({ kind, norm, classifier, aim = 'leave', ...request }: Options) => {
    const { weights, inputs } = request;
    const { rows: logits } = await readLogits(tidy(() => classifier(weights, inputs)));
    const answers = logits.map(largestLogit);
    const compiled = kind.compile(engine.compile, classifier, { norm, bounds: BOUNDS }, aim);
    const alive = memory().numTensors;
    const { perturbations, ...outcome } = await compiled.find({
      classes: answers,
      logits,
      seeds: answers.map((_, index) => 100n + BigInt(index)),
      radii: answers.map(() => (norm === 'linf' ? 0.1 : 0.5)),
      iterations: 40,
      restarts: 1,
      proceed: () => true,
      ...request,
    });
    const values = perturbations.dataSync() as Float32Array;
    const { rows } = await readLogits(tidy(() => classifier(weights, pointAt(inputs, perturbations, BOUNDS))));
    perturbations.dispose();
    assert.equal(memory().numTensors, alive, 'tensors are left over');
    const size = values.length / answers.length;
    const each = answers.map((answer, index) => ({
      perturbation: values.subarray(index * size, (index + 1) * size),
      answer,
      reached: largestLogit(rows[index]!),
    }));
    return { ...outcome, each };
  };

  for (const { kind, iterations, reach } of SETTLED) {
    for (const norm of NORMS) {
      describe(`${kind.name}, ${norm}`, () => {
        it('breaks the inputs of a linear model whose margin is somewhat smaller than the radius, and none whose margin is larger', async () => {
          let [broken, breakable] = [0, 0];
          for (const [seed, low, high] of [
            [1, 0.35, 0.65],
            [2, 0, 1],
          ] as const) {
            const model = linearCase(seed, 3, COUNT, low, high);
            const { weights, inputs } = linearTensors(model);
            const margins = Array.from({ length: COUNT }, (_, i) => exactMargin(model, i, norm, BOUNDS));
            const given = { kind, norm, classifier: linearClassifier, weights, inputs, iterations };
            const beyond = await attack({ ...given, radii: margins.map((margin) => margin * reach[norm]) });
            broken += beyond.each.filter(({ answer, reached }) => reached !== answer).length;
            breakable += COUNT;
            const short = await attack({ ...given, radii: margins.map((margin) => margin * 0.999) });
            assert.ok(short.each.every(({ answer, reached }) => reached === answer));
            dispose(weights);
            dispose([inputs]);
          }
          assert.ok(broken >= breakable - 1, `${broken} of ${breakable}`);
        });

        it('stays within the ball, in float64, and in the box; success is where the answer changes', async () => {
          const { weights, inputs } = perceptronTensors(3, COUNT);
          const radii = Array.from({ length: COUNT }, (_, i) => (norm === 'linf' ? 0.02 : 0.1) * 2 ** i);
          const pixels = inputs.dataSync();
          const { each } = await attack({ kind, norm, classifier: perceptron, weights, inputs, radii });
          for (const [i, { perturbation }] of each.entries()) {
            assert.ok(hostLength(norm, perturbation) <= radii[i]!, `${hostLength(norm, perturbation)} > ${radii[i]!}`);
            assert.ok(hostLength(norm, perturbation) > 0);
            for (const [j, value] of perturbation.entries()) {
              const point = Math.fround(pixels[i * 36 + j]! + value);
              assert.ok(point >= 0 && point <= 1);
            }
          }
          const found = each.filter(({ answer, reached }) => reached !== answer).length;
          assert.ok(found > 0 && found < COUNT, `${found} found`);
          dispose(weights);
          inputs.dispose();
        });

        it('gives each input its own answer, whatever its neighbours are', async () => {
          const { weights, inputs } = perceptronTensors(4, COUNT);
          const given = { kind, norm, classifier: perceptron, weights };
          const together = await attack({ ...given, inputs, iterations: 30 });
          assert.deepEqual(
            await attack({ ...given, inputs, iterations: 30 }),
            together,
            'the same seeds, the same answer',
          );
          for (const i of [0, 5]) {
            const alone = slice(inputs, [i, 0, 0, 0], [1, 6, 6, 1]);
            const { each } = await attack({ ...given, inputs: alone, seeds: [100n + BigInt(i)], iterations: 30 });
            const [one, other] = [each[0]!, together.each[i]!];
            assert.equal(one.reached, other.reached);
            assert.ok(one.perturbation.every((value, j) => Math.abs(value - other.perturbation[j]!) < 1e-4));
            alone.dispose();
          }
          dispose(weights);
          inputs.dispose();
        });

        it('needs no gradients: of a staircase, whose gradient is 0, it breaks what it breaks of its slope', async () => {
          const { weights, inputs } = perceptronTensors(5, COUNT);
          const stairs: WeightedClassifier = (given, x) => mul<Tensor2D>(floor(mul(perceptron(given, x), 50)), 0.02);
          const radii = Array.from({ length: COUNT }, () => (norm === 'linf' ? 0.15 : 0.8));
          const count = async (classifier: WeightedClassifier): Promise<number> => {
            const { each } = await attack({
              kind,
              norm,
              classifier,
              weights,
              inputs,
              radii,
              iterations: iterations / 2,
            });
            return each.filter(({ answer, reached }) => reached !== answer).length;
          };
          const [slope, staircase] = [await count(perceptron), await count(stairs)];
          assert.ok(
            slope > COUNT / 4 && staircase >= slope - 1,
            `${slope} of the slope, ${staircase} of the staircase`,
          );
          dispose(weights);
          inputs.dispose();
        });

        it('reaches a class', async () => {
          const { weights, inputs } = perceptronTensors(6, COUNT);
          const radii = Array.from({ length: COUNT }, () => (norm === 'linf' ? 0.5 : 3));
          const { each } = await attack({
            ...{ kind, norm, classifier: perceptron, weights, inputs, radii, aim: 'reach', iterations: iterations / 2 },
            classes: Array.from({ length: COUNT }, () => 2),
          });
          assert.ok(each.some(({ answer }) => answer !== 2));
          assert.ok(each.filter(({ reached }) => reached === 2).length >= COUNT - 1);
          dispose(weights);
          inputs.dispose();
        });

        it('asks before each call, and ends with what it has when it is told to', async () => {
          const { weights, inputs } = perceptronTensors(7, COUNT);
          const given = {
            kind,
            norm,
            classifier: perceptron,
            weights,
            inputs,
            radii: inputs.shape.slice(0, 1).flatMap((n) => Array<number>(n).fill(1e-4)),
          };
          let asked = 0;
          const whole = await attack({ ...given, restarts: 2, proceed: () => ++asked > 0 });
          assert.ok(whole.converged && whole.gradientEvaluations === 0);
          const spent: number[] = [];
          for (const last of [0, 1, 2, asked >> 1, asked - 1]) {
            let askedNow = 0;
            const { converged, forwardEvaluations } = await attack({
              ...given,
              restarts: 2,
              proceed: () => askedNow++ < last,
            });
            assert.equal(askedNow, last + 1, 'asked once more, and not again');
            assert.equal(converged, false);
            spent.push(forwardEvaluations!);
            askedNow = 0;
            const abort = (): boolean => {
              if (askedNow++ === last) throw new Error('aborted');
              return true;
            };
            const alive = memory().numTensors;
            await assert.rejects(attack({ ...given, restarts: 2, proceed: abort }), /aborted/);
            assert.equal(memory().numTensors, alive, 'tensors are left over');
          }
          assert.equal(spent[0], 0);
          assert.deepEqual(
            spent,
            spent.toSorted((a, b) => a - b),
          );
          assert.ok(spent.at(-1)! < whole.forwardEvaluations!);
          dispose(weights);
          inputs.dispose();
        });
      });
    }
  }
});
