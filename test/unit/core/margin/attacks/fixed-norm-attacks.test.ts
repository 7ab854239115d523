import assert from 'node:assert/strict';
import { dispose, memory, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { eager } from '../../../../../core/engine/compile.js';
import type { Compile, Engine, TensorMap } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../core/margin/attack-steps.js';
import type { Aim, AttackKind, FixedNormAttack } from '../../../../../core/margin/attacks/attack.js';
import { FIXED_NORM_ATTACKS, type FixedNormAttackName } from '../../../../../core/margin/attacks/fixed-norm-attacks.js';
import { hostLength } from '../../../../../core/margin/host-length.js';
import { ATTACK_NORMS, type AttackNorm, type Bounds } from '../../../../../core/margin/threat-model.js';
import { assertClose } from '../../../../support/close.js';
import { countingClassifier } from '../../../../support/counting-classifier.js';
import {
  exactMargin,
  linearCase,
  linearClassifier,
  linearLogits,
  linearTensors,
  type LinearCase,
} from '../../../../support/linear-classifier.js';
import { constantClassifier } from '../../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

/** What an attack needs in these tests, and how far above the exact margin it surely succeeds then. */
interface Effort {
  readonly iterations: number;
  readonly restarts: number;
  readonly surely: number;
}
const USUAL: Effort = { iterations: 10, restarts: 2, surely: 1.2 };
/** A soft loss climbs towards all other classes at once, past the nearest. */
const SOFT: Effort = { ...USUAL, surely: 1.4 };
/** Without gradients. */
const BLIND: Effort = { iterations: 400, restarts: 1, surely: 2.5 };
const EFFORTS: Partial<Record<FixedNormAttackName, Effort>> = {
  'pgd-ce': SOFT,
  'pgd-slm': SOFT,
  'apgd-ce': SOFT,
  square: BLIND,
  spsa: { iterations: 40, restarts: 1, surely: 1.3 },
};

const WITHOUT_GRADIENTS = ['square', 'spsa'];

const BOUNDS: Bounds = { lower: 0, upper: 1 };
const COUNT = 6;
/** Of 36 values between 0.4 and 0.6: far beyond any margin. */
const WIDE: Readonly<Record<AttackNorm, number>> = { linf: 0.4, l2: 2, l1: 8 };

const argMax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

describe('attacks within balls', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });
  after(() => {
    dispose([...weightsOf.values()].flatMap((weights) => Object.values(weights)));
  });

  /** Compiling takes longer than attacking: what is compiled is compiled once, and so are the weights of equal models, which become a part of it. */
  const compiledOnce = new Map<string, FixedNormAttack>();
  const weightsOf = new Map<string, TensorMap>();
  const tensorsOf = (model: LinearCase): { readonly weights: TensorMap; readonly inputs: Tensor4D } => {
    const { weights: made, inputs } = linearTensors(model);
    const key = model.bias.join();
    const weights = weightsOf.get(key) ?? made;
    if (weights === made) weightsOf.set(key, weights);
    else dispose(made);
    return { weights, inputs };
  };

  interface Run {
    readonly compile: Compile;
    readonly kind: AttackKind<FixedNormAttack>;
    readonly norm: AttackNorm;
    readonly model: LinearCase;
    readonly radii: readonly number[];
    readonly effort: Effort;
    readonly classifier?: WeightedClassifier;
    readonly aim?: Aim;
    readonly classes?: readonly number[];
    readonly only?: number;
    readonly seed?: bigint;
    readonly shouldContinue?: () => boolean;
  }
  /** Runs an attack on a linear model, and reads what it found, one row an input. */
  const attack = async ({ compile, kind, norm, model, radii, effort, only, ...options }: Run) => {
    const { classifier = linearClassifier, aim = 'untargeted', seed = 1n, shouldContinue = () => true } = options;
    const { weights, inputs: whole } = tensorsOf(model);
    const all = [...model.inputs.keys()].filter((index) => only === undefined || index === only);
    const inputs: Tensor4D = only === undefined ? whole.clone() : slice(whole, [only, 0, 0, 0], [1, -1, -1, -1]);
    const logits = model.inputs.map((input) => linearLogits(model, input));
    try {
      const key = `${kind.name} ${norm} ${aim}`;
      const usual = compile === engine.compile && classifier === linearClassifier;
      const known = usual ? compiledOnce.get(key) : undefined;
      const compiled = known ?? kind.compile(compile, classifier, { norm, bounds: BOUNDS }, aim);
      if (usual) compiledOnce.set(key, compiled);
      assert.equal(compiled.name, kind.name);
      const alive = memory().numTensors;
      try {
        const { perturbations, ...outcome } = await compiled.find({
          weights,
          inputs,
          classes: all.map((index) => options.classes?.[index] ?? argMax(logits[index]!)),
          logits: all.map((index) => Float32Array.from(logits[index]!)),
          seeds: all.map((index) => seed * 1000n + BigInt(index)),
          radii: all.map((index) => radii[index]!),
          iterations: effort.iterations,
          restarts: effort.restarts,
          shouldContinue,
        });
        assert.deepEqual(perturbations.shape, inputs.shape);
        const values = perturbations.dataSync() as Float32Array;
        perturbations.dispose();
        return { rows: all.map((_, i) => values.subarray(i * model.values, (i + 1) * model.values)), ...outcome };
      } finally {
        assert.equal(memory().numTensors, alive, 'tensors are left over');
      }
    } finally {
      dispose([whole, inputs]);
    }
  };

  /** The answer at x + δ, in float64; fails where δ is outside of the ball, or x + δ, rounded to float32 as models take it, of the box. */
  const answerAt = (model: LinearCase, index: number, norm: AttackNorm, row: Float32Array, radius: number): number => {
    assert.ok(hostLength(norm, row) <= radius, `input ${index}: ${hostLength(norm, row)} is more than ${radius}`);
    const point = model.inputs[index]!.map((x, i) => x + row[i]!);
    for (const value of point.map(Math.fround)) {
      assert.ok(value >= BOUNDS.lower && value <= BOUNDS.upper, `input ${index}: ${value}`);
    }
    return argMax(linearLogits(model, point));
  };

  for (const [key, kind] of Object.entries<AttackKind<FixedNormAttack>>(FIXED_NORM_ATTACKS)) {
    const effort = EFFORTS[key as FixedNormAttackName] ?? USUAL;
    it(`${key} is listed by its own name, with a norm and an aim`, () => {
      assert.equal(kind.name, key);
      assert.ok(kind.norms.length > 0 && kind.aims.length > 0);
    });

    for (const norm of ATTACK_NORMS.filter((one) => kind.norms.includes(one))) {
      const margins = (model: LinearCase) => model.inputs.map((_, index) => exactMargin(model, index, norm, BOUNDS));
      const common = { kind, norm, effort: USUAL };
      const sure = { kind, norm, effort };

      for (const classes of [2, 5]) {
        it(`${key}, ${norm}: of linear models of ${classes} classes, beyond the exact margin the answer changes, below it does not`, async () => {
          const model = linearCase(classes, classes, COUNT, 0.4, 0.6);
          const exact = margins(model);
          assert.ok(exact.every(Number.isFinite));
          // Each input with a radius of its own.
          const beyond = (index: number): boolean => index % 3 !== 0;
          const radii = exact.map((margin, index) => margin * (beyond(index) ? effort.surely : 0.99));
          const { rows, complete } = await attack({ ...sure, compile: engine.compile, model, radii });
          assert.ok(complete);
          for (const [index, row] of rows.entries()) {
            const answer = answerAt(model, index, norm, row, radii[index]!);
            const own = argMax(linearLogits(model, model.inputs[index]!));
            assert.equal(answer !== own, beyond(index), `input ${index}: ${own} became ${answer}`);
          }
        });
      }

      if (kind.aims.includes('targeted')) {
        it(`${key}, ${norm}: reaches the other of two classes where the margin allows it, and any of four where nothing forbids it`, async () => {
          const two = linearCase(11, 2, COUNT, 0.4, 0.6);
          const reach = { ...sure, compile: engine.compile, aim: 'targeted' } as const;
          const others = two.inputs.map((input) => 1 - argMax(linearLogits(two, input)));
          const exact = margins(two);
          for (const [fraction, reached] of [
            [effort.surely, true],
            [0.99, false],
          ] as const) {
            const radii = exact.map((margin) => margin * fraction);
            const { rows } = await attack({ ...reach, model: two, radii, classes: others });
            for (const [index, row] of rows.entries()) {
              assert.equal(answerAt(two, index, norm, row, radii[index]!) === others[index], reached, `input ${index}`);
            }
          }
          const four = linearCase(12, 4, COUNT, 0.4, 0.6);
          const targets = four.inputs.map((input, index) => (argMax(linearLogits(four, input)) + 1 + (index % 3)) % 4);
          const wide = four.inputs.map(() => WIDE[norm]);
          const { rows } = await attack({ ...reach, model: four, radii: wide, classes: targets });
          const answers = rows.map((row, index) => answerAt(four, index, norm, row, wide[index]!));
          assert.deepEqual(answers, targets);
        });
      }

      it(`${key}, ${norm}: counts what it evaluates`, async () => {
        const model = linearCase(3, 3, COUNT, 0.4, 0.6);
        const { classifier, passes } = countingClassifier(linearClassifier);
        const radii = margins(model).map((margin) => margin / 2);
        const outcome = await attack({ ...common, compile: eager, model, radii, classifier });
        assert.equal(outcome.gradientEvaluations, passes.backward / COUNT);
        // Beside the gradients, in attacks that live on them.
        const forward = (passes.forward - passes.backward) / COUNT;
        assert.equal(outcome.forwardEvaluations, WITHOUT_GRADIENTS.includes(key) ? forward : undefined);
        assert.ok(passes.forward / COUNT >= USUAL.iterations * USUAL.restarts, 'it does what it is asked to');
      });

      it(`${key}, ${norm}: no answer depends on its neighbours, only on the seed`, async () => {
        const model = linearCase(4, 4, COUNT, 0.4, 0.6);
        const radii = margins(model).map((margin, index) => margin * (index % 2 === 0 ? 0.9 : effort.surely));
        const run = { ...common, compile: engine.compile, model, radii };
        const { rows } = await attack(run);
        assert.deepEqual((await attack(run)).rows, rows, 'the same request, the same answer');
        for (const only of [1, 4]) assertClose((await attack({ ...run, only })).rows[0]!, rows[only]!, 1e-5);
        // A search that settles ends at the one best point, wherever it has started; and so does a single step in ℓ∞.
        const short = { ...run, effort: { ...USUAL, iterations: 1, restarts: 1 } };
        const seconds = [await attack({ ...run, seed: 2n }), await attack({ ...short, seed: 2n })];
        assert.notDeepEqual(
          seconds.map((second) => second.rows),
          [rows, (await attack(short)).rows],
        );
      });

      it(`${key}, ${norm}: stops where it is asked to with the best so far, and leaves nothing behind where it is aborted`, async () => {
        const model = linearCase(5, 3, COUNT, 0.4, 0.6);
        const radii = margins(model).map((margin) => margin * effort.surely);
        const run = { ...common, compile: eager, model, radii };
        let asked = 0;
        const whole = await attack({ ...run, shouldContinue: () => ++asked > 0 });
        assert.ok(whole.complete);
        const succeeded: number[] = [];
        for (const fraction of [0, 0.3, 0.95]) {
          const last = Math.floor(fraction * asked);
          let now = 0;
          const { rows, complete, gradientEvaluations } = await attack({ ...run, shouldContinue: () => now++ < last });
          assert.equal(now, last + 1, 'asked once more, and not again');
          assert.ok(!complete && gradientEvaluations <= whole.gradientEvaluations);
          if (fraction === 0) assert.ok(rows.every((row) => row.every((value) => value === 0)));
          succeeded.push(
            rows.filter((row, index) => {
              const answer = answerAt(model, index, norm, row, radii[index]!);
              return answer !== argMax(linearLogits(model, model.inputs[index]!));
            }).length,
          );
          now = 0;
          const shouldContinue = (): boolean => {
            if (now++ === last) throw new Error('aborted');
            return true;
          };
          await assert.rejects(attack({ ...run, shouldContinue }), /aborted/);
        }
        assert.deepEqual(
          succeeded,
          succeeded.toSorted((a, b) => a - b),
          'the later, the more',
        );
        assert.ok(effort === BLIND || succeeded.at(-1)! > 0, 'nothing has succeeded almost at the end');
      });

      it(`${key}, ${norm}: of a constant classifier nothing is found, and nothing breaks`, async () => {
        const model = linearCase(6, 3, COUNT, 0, 1);
        const radii = model.inputs.map(() => 0.3);
        const { rows } = await attack({
          ...common,
          compile: engine.compile,
          model,
          radii,
          classifier: constantClassifier,
        });
        for (const [index, row] of rows.entries()) {
          assert.ok(row.every(Number.isFinite));
          answerAt(model, index, norm, row, 0.3);
        }
      });
    }
  }
});
