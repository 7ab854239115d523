import assert from 'node:assert/strict';
import { dispose, memory, mul, slice } from '@tensorflow/tfjs-core';
import { eager } from '../../../../../core/engine/compile.js';
import type { Compile, Engine, TensorMap } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../core/margin/attack-steps.js';
import type { Aim, AttackKind, MinimumNormAttack } from '../../../../../core/margin/attacks/attack.js';
import {
  MINIMUM_NORM_ATTACKS,
  type MinimumNormAttackName,
} from '../../../../../core/margin/attacks/minimum-norm-attacks.js';
import { hostLength } from '../../../../../core/margin/host-length.js';
import { ATTACK_NORMS, type AttackNorm } from '../../../../../core/margin/threat-model.js';
import { countingClassifier } from '../../../../support/counting-classifier.js';
import {
  exactMargin,
  linearCase,
  linearClassifier,
  linearLogits,
  linearTensors,
  type LinearCase,
} from '../../../../support/linear-classifier.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
const COUNT = 4;
const BUDGET = 40;
/** What a success has to exceed zero by so that rounding does not undo it. */
const ROUNDING = 1e-4;

/** How close each attack comes to the margins of linear models, at {@link BUDGET}: the largest ratio to the closed form, and the largest mean ratio. */
const CLOSENESS: Readonly<Record<MinimumNormAttackName, { readonly worst: number; readonly mean: number }>> = {
  'adaptive-pgd': { worst: 1.02, mean: 1.005 },
  'an-pgd': { worst: 1.3, mean: 1.1 },
  fmn: { worst: 1.1, mean: 1.05 },
  ddn: { worst: 1.15, mean: 1.1 },
  'best-of': { worst: 1.02, mean: 1.005 },
  deepfool: { worst: 1.1, mean: 1.05 },
  'fab-t': { worst: 1.05, mean: 1.01 },
  'epsilon-search': { worst: 1.05, mean: 1.02 },
};

const KINDS = Object.entries(MINIMUM_NORM_ATTACKS) as [MinimumNormAttackName, AttackKind<MinimumNormAttack>][];

describe('minimum-norm attacks', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });
  after(() => {
    dispose([...weightsOf.values()].flatMap((weights) => Object.values(weights)));
  });

  /** Each aim's model is the same whatever the inputs are, so that what is compiled for its weights is compiled once. */
  const weightsOf = new Map<Aim, TensorMap>();
  /** A model, and what an attack on it takes. Towards a class there are two, so that reaching one is leaving the other. */
  const problem = (aim: Aim, [low, high]: readonly [number, number]) => {
    const model = linearCase(4, aim === 'targeted' ? 2 : 4, COUNT, low, high);
    const rows = model.inputs.map((input) => linearLogits(model, input));
    const own = rows.map((row) => row.indexOf(Math.max(...row)));
    const { weights: made, inputs } = linearTensors(model);
    const weights = weightsOf.get(aim) ?? made;
    if (weights === made) weightsOf.set(aim, weights);
    else dispose(made);
    return {
      model,
      own,
      classes: own.map((label) => (aim === 'targeted' ? 1 - label : label)),
      logits: rows.map((row) => Float32Array.from(row)),
      weights,
      inputs,
    };
  };
  type Problem = ReturnType<typeof problem>;

  const attacks = new Map<string, MinimumNormAttack>();
  /** What is compiled once, since compiling takes longer than attacking. */
  const once = (key: string, compiled: () => MinimumNormAttack): MinimumNormAttack => {
    const attack = attacks.get(key) ?? compiled();
    attacks.set(key, attack);
    return attack;
  };

  interface Options {
    readonly maxDistance: number;
    readonly budget?: number;
    readonly compile?: Compile;
    readonly classifier?: WeightedClassifier;
    readonly shouldContinue?: () => boolean;
    /** This input alone. */
    readonly only?: number;
  }
  const find = async (
    kind: AttackKind<MinimumNormAttack>,
    norm: AttackNorm,
    aim: Aim,
    given: Problem,
    options: Options,
  ) => {
    const { compile = engine.compile, classifier = linearClassifier, only } = options;
    const compiled = (): MinimumNormAttack => kind.compile(compile, classifier, { norm, bounds: BOUNDS }, aim);
    const usual = compile === engine.compile && classifier === linearClassifier;
    const attack = usual ? once(`${kind.name} ${norm} ${aim}`, compiled) : compiled();
    const rows = given.classes.map((_, index) => index).filter((index) => only === undefined || index === only);
    const inputs = only === undefined ? given.inputs : slice(given.inputs, [only, 0, 0, 0], [1, 6, 6, 1]);
    const alive = memory().numTensors;
    const outcome = await attack.find({
      weights: given.weights,
      inputs,
      classes: rows.map((index) => given.classes[index]!),
      logits: rows.map((index) => given.logits[index]!),
      seeds: rows.map((index) => BigInt(index + 1) * 0x9e3779b97f4a7c15n),
      maxDistance: options.maxDistance,
      maxGradientEvaluations: options.budget ?? BUDGET,
      shouldContinue: options.shouldContinue ?? (() => true),
    });
    const values = outcome.perturbations.dataSync() as Float32Array;
    outcome.perturbations.dispose();
    assert.equal(memory().numTensors, alive, 'tensors are left over');
    if (only !== undefined) inputs.dispose();
    return { ...outcome, perturbations: rows.map((_, row) => values.subarray(row * 36, (row + 1) * 36)) };
  };

  /** ‖δ‖ where δ succeeds as whoever adds it in float32 sees it; undefined where there is none. */
  const lengthOf = (
    norm: AttackNorm,
    model: LinearCase,
    index: number,
    label: number,
    perturbation: Float32Array,
  ): number | undefined => {
    const input = model.inputs[index]!;
    const point = Array.from(perturbation, (value, j) => Math.fround(input[j]! + value));
    for (const value of point)
      assert.ok(value >= BOUNDS.lower && value <= BOUNDS.upper, `${value} is outside of the box`);
    if (perturbation.every((value) => value === 0)) return undefined;
    const logits = linearLogits(model, point);
    assert.ok(
      logits.some((z, j) => j !== label && z > logits[label]!),
      'what is returned does not succeed',
    );
    return hostLength(norm, perturbation);
  };

  for (const [name, kind] of KINDS) {
    it(`${name} is called so, and is listed for norms and aims`, () => {
      assert.equal(kind.name, name);
      assert.ok(kind.norms.length > 0 && kind.aims.length > 0);
      for (const norm of ATTACK_NORMS) {
        if (kind.norms.includes(norm)) continue;
        assert.throws(
          () => kind.compile(engine.compile, linearClassifier, { norm, bounds: BOUNDS }, 'untargeted'),
          new RegExp(`^DomainError: norm: expected .* for the attack ${name}, got ${norm}`),
        );
      }
    });

    for (const norm of kind.norms) {
      for (const aim of kind.aims) {
        it(`${name}, ${norm}, to ${aim}: never below the margin of a linear model, and close above it`, async () => {
          for (const [what, range] of [
            ['in the middle of the box', [0.4, 0.6]],
            ['at its end', [0, 0.12]],
          ] as const) {
            const given = problem(aim, range);
            const exact = given.classes.map((_, index) => exactMargin(given.model, index, norm, BOUNDS));
            const reachable = exact.filter(Number.isFinite);
            assert.ok(reachable.length >= COUNT / 2, 'the case is not worth much');
            const { perturbations } = await find(kind, norm, aim, given, { maxDistance: 1.5 * Math.max(...reachable) });
            const ratios = perturbations.flatMap((perturbation, index) => {
              const distance = lengthOf(norm, given.model, index, given.own[index]!, perturbation);
              if (!Number.isFinite(exact[index])) {
                assert.equal(distance, undefined);
                return [];
              }
              assert.ok(distance !== undefined, `${what}, input ${index}: nothing is found`);
              assert.ok(
                distance >= exact[index]! * (1 - 1e-5),
                `${what}, input ${index}: ${distance} is below ${exact[index]}`,
              );
              return [distance / exactMargin(given.model, index, norm, BOUNDS, ROUNDING)];
            });
            const [worst, mean] = [Math.max(...ratios), ratios.reduce((a, b) => a + b, 0) / ratios.length];
            assert.ok(
              worst <= CLOSENESS[name].worst && mean <= CLOSENESS[name].mean,
              `${what}: worst ${worst}, mean ${mean}`,
            );
            given.inputs.dispose();
          }
        });

        it(`${name}, ${norm}, to ${aim}: nothing longer than was asked for, alone as among others`, async () => {
          const given = problem(aim, [0.4, 0.6]);
          const exact = given.classes.map((_, index) => exactMargin(given.model, index, norm, BOUNDS));
          const maxDistance = 0.999 * Math.max(...exact);
          const { perturbations } = await find(kind, norm, aim, given, { maxDistance });
          const lengths = perturbations.map((perturbation, index) =>
            lengthOf(norm, given.model, index, given.own[index]!, perturbation),
          );
          for (const length of lengths) assert.ok(length === undefined || length <= maxDistance);
          const near = lengths.filter((_, index) => exact[index]! * CLOSENESS[name].mean < maxDistance);
          assert.ok(near.length > 0 && lengths.includes(undefined), 'the case is not worth much');
          assert.ok(!near.includes(undefined), 'what is near enough is not found');
          const farther = { maxDistance: 1.5 * Math.max(...exact.filter(Number.isFinite)) };
          const together = await find(kind, norm, aim, given, farther);
          const alone = await find(kind, norm, aim, given, { ...farther, only: 2, compile: eager });
          const [one, other] = [
            hostLength(norm, alone.perturbations[0]!),
            hostLength(norm, together.perturbations[2]!),
          ];
          assert.ok(one > 0 && Math.abs(one / other - 1) < 1e-3, `${one} alone, ${other} among others`);
          given.inputs.dispose();
        });

        it(`${name}, ${norm}, to ${aim}: takes as many gradients as it says, no more than it may, and stops when told`, async () => {
          const given = problem(aim, [0.4, 0.6]);
          const maxDistance =
            1.5 * Math.max(...given.classes.map((_, index) => exactMargin(given.model, index, norm, BOUNDS)));
          const { classifier, passes } = countingClassifier(linearClassifier);
          for (const budget of [1, 3, 12]) {
            passes.backward = 0;
            const { gradientEvaluations } = await find(kind, norm, aim, given, {
              maxDistance,
              budget,
              classifier,
              compile: eager,
            });
            assert.equal(gradientEvaluations, passes.backward / COUNT);
            assert.ok(gradientEvaluations <= budget && gradientEvaluations >= 1, `${gradientEvaluations} of ${budget}`);
          }
          let asked = 0;
          const counted = { maxDistance, budget: 12, shouldContinue: () => ++asked > 0 };
          const whole = await find(kind, norm, aim, given, counted);
          assert.ok(whole.complete);
          let spent = whole.gradientEvaluations;
          for (const last of [asked >> 1, 1, 0]) {
            let askedNow = 0;
            passes.backward = 0;
            const shouldContinue = (): boolean => askedNow++ < last;
            const traced = { maxDistance, budget: 12, classifier, compile: eager };
            const stopped = await find(kind, norm, aim, given, { ...traced, shouldContinue });
            assert.equal(askedNow, last + 1, 'asked once more, and not again');
            assert.ok(!stopped.complete && stopped.gradientEvaluations <= spent);
            assert.equal(stopped.gradientEvaluations, passes.backward / COUNT);
            spent = stopped.gradientEvaluations;
            for (const [index, perturbation] of stopped.perturbations.entries())
              lengthOf(norm, given.model, index, given.own[index]!, perturbation);
          }
          assert.equal(spent, 0, 'nothing is spent before anything is allowed');
          const nothing = await find(kind, norm, aim, given, {
            maxDistance,
            budget: 5,
            classifier: (weights, x) => mul(linearClassifier(weights, x), 0),
            compile: eager,
          });
          for (const perturbation of nothing.perturbations)
            assert.ok(
              perturbation.every((value) => value === 0),
              'found what is not there',
            );
          given.inputs.dispose();
        });
      }
    }
  }
});
