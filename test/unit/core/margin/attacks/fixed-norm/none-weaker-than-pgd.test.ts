import assert from 'node:assert/strict';
import { add, clipByValue, dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Rank } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../../core/margin/attack-steps.js';
import type {
  AttackKind,
  AttackOutcome,
  AttackProblem,
  FixedNormAttack,
  FixedNormRequest,
  MinimumNormAttack,
} from '../../../../../../core/margin/attacks/attack.js';
import { pgdCe } from '../../../../../../core/margin/attacks/fixed-norm/pgd.js';
import {
  FIXED_NORM_ATTACKS,
  type FixedNormAttackName,
} from '../../../../../../core/margin/attacks/fixed-norm-attacks.js';
import {
  MINIMUM_NORM_ATTACKS,
  type MinimumNormAttackName,
} from '../../../../../../core/margin/attacks/minimum-norm-attacks.js';
import { hostLength } from '../../../../../../core/margin/host-length.js';
import { largestLogit } from '../../../../../../core/margin/host-logits.js';
import { ATTACK_NORMS, type AttackNorm } from '../../../../../../core/margin/threat-model.js';
import { classifierOf } from '../../../../../../core/model/classifier.js';
import { importSafetensors } from '../../../../../../core/model/import-weights.js';
import { buildModel } from '../../../../../../core/model/model.js';
import { toTensors } from '../../../../../../core/model/weights.js';
import { goldenFiles } from '../../../../../support/golden.js';
import { TEST_ENGINE } from '../../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };

/** Radii at which PGD succeeds on some of the images and not on others. */
const EPSILONS: Readonly<Record<AttackNorm, readonly number[]>> = {
  linf: [0.05, 0.06, 0.08, 0.12],
  l2: [0.8, 1.2],
  l1: [6, 8],
};

/** Gradient evaluations that each attack may spend on an image: as many as PGD. */
const BUDGET = 90;

/** How an attack within a ball spends the budget. */
type Spending = Pick<FixedNormRequest, 'iterations' | 'restarts'>;
const PGD: Spending = { iterations: 45, restarts: 2 };
const SPENDINGS: Partial<Record<FixedNormAttackName, Spending>> = {
  // Nine targets at most.
  'apgd-t': { iterations: 10, restarts: 1 },
};

type AttackName = FixedNormAttackName | MinimumNormAttackName;

/**
 * Attacks that are not compared here: they take no gradients, and gradient-free-golden compares them in ℓ∞ at 0.08 and in ℓ2 at 0.8.
 *
 * In ℓ2 at 1.2 Square breaks 6 of PGD's 8 images, in 5,000 as in 20,000 queries: the shortest perturbations of the others are 6 and 8 % shorter than ε; in
 * ℓ1 it is weaker, too. In ℓ∞ at 0.06 SPSA breaks 3 of PGD's 5: of one the shortest is 1.5 % shorter than ε; on the other the logit margin leads to
 * another class than the nearest, for gradient attacks that climb it, too.
 */
const NOT_COMPARED: readonly AttackName[] = ['square', 'spsa'];

/** The images that are attacked, and what is known of them. */
interface Images extends Pick<AttackProblem, 'weights' | 'classes' | 'logits' | 'seeds'> {
  readonly images: readonly Float32Array[];
}

describe('no attack is weaker than PGD with its budget, on a LeNet trained elsewhere', () => {
  let engine: Engine;
  let problem: Images;
  let classifier: WeightedClassifier;
  const inputSize = 28 * 28;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    const golden = goldenFiles('lenet').at(-1)!;
    const { architecture, weights: stored } = importSafetensors('lenet', golden.bytes);
    const model = buildModel(architecture);
    classifier = classifierOf(model);
    const weights: TensorMap = toTensors(stored);
    const correct = [...golden.tensor('correct').data];
    const rowsOf = (key: string, size: number) =>
      correct.map((index) => golden.tensor(key).data.slice(index * size, (index + 1) * size) as Float32Array);
    problem = {
      weights,
      images: rowsOf('images', inputSize),
      classes: correct.map((index) => Number(golden.tensor('labels').data[index])),
      logits: rowsOf('logits', 10),
      seeds: correct.map((index) => BigInt(100 + index)),
    };
  });
  after(() => {
    dispose(problem.weights);
  });

  type Attack = (problem: AttackProblem, epsilon: number) => Promise<AttackOutcome>;
  /** On which of some images an attack succeeds, within ε, by another classification of each point. */
  const broken = async (norm: AttackNorm, epsilon: number, attack: Attack, rows: readonly number[]) => {
    const of = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]!);
    const [classes, logits, seeds] = [of(problem.classes), of(problem.logits), of(problem.seeds)];
    const pixels = Float32Array.from(of(problem.images).flatMap((image) => [...image]));
    const inputs = tensor<Rank.R4>(pixels, [rows.length, 28, 28, 1]);
    const { weights } = problem;
    const outcome = await attack({ weights, inputs, classes, logits, seeds, shouldContinue: () => true }, epsilon);
    const { perturbations, gradientEvaluations } = outcome;
    assert.ok(gradientEvaluations <= BUDGET, `${gradientEvaluations} gradient evaluations`);
    const values = (await perturbations.data()) as Float32Array;
    const reached = tidy(() => {
      const points = clipByValue(add(inputs, perturbations), 0, 1);
      return classifier(weights, points as typeof inputs).dataSync() as Float32Array;
    });
    dispose([perturbations, inputs]);
    return rows.filter((_, i) => {
      const length = hostLength(norm, values.subarray(i * inputSize, (i + 1) * inputSize));
      return length <= epsilon && largestLogit(reached.subarray(i * 10, (i + 1) * 10)) !== classes[i];
    });
  };

  const within = (kind: AttackKind<FixedNormAttack>, norm: AttackNorm, spending: Spending): Attack => {
    const compiled = kind.compile(engine.compile, classifier, { norm, bounds: BOUNDS }, 'untargeted');
    return (given, epsilon) => compiled.find({ ...given, radii: given.classes.map(() => epsilon), ...spending });
  };
  const nearest = (kind: AttackKind<MinimumNormAttack>, norm: AttackNorm): Attack => {
    const compiled = kind.compile(engine.compile, classifier, { norm, bounds: BOUNDS }, 'untargeted');
    return (given, epsilon) => compiled.find({ ...given, maxDistance: epsilon, maxGradientEvaluations: BUDGET });
  };

  for (const norm of ATTACK_NORMS) {
    const pgd = new Map<number, readonly number[]>();
    it(`${norm}: PGD succeeds on some images, and not on others`, async () => {
      const attack = within(pgdCe, norm, PGD);
      for (const epsilon of EPSILONS[norm]) {
        const rows = await broken(norm, epsilon, attack, [...problem.images.keys()]);
        assert.ok(rows.length > 0 && rows.length < problem.images.length, `${rows.length}`);
        pgd.set(epsilon, rows);
      }
    });

    const compare = (name: AttackName, compiled: () => Attack) => {
      if (NOT_COMPARED.includes(name)) return;
      it(`${norm}: ${name} succeeds on as many images, at ${EPSILONS[norm].join(', ')}`, async () => {
        const attack = compiled();
        assert.equal(pgd.size, EPSILONS[norm].length, 'compared with PGD, whose test comes first');
        for (const [epsilon, rows] of pgd) {
          let found = await broken(norm, epsilon, attack, rows);
          const others = [...problem.images.keys()].filter((row) => !rows.includes(row));
          // The others tell something only where not all of PGD's are found.
          if (found.length < rows.length) found = found.concat(await broken(norm, epsilon, attack, others));
          assert.ok(found.length >= rows.length, `${epsilon}: ${found.join(', ')}, PGD ${rows.join(', ')}`);
        }
      });
    };
    for (const [key, kind] of Object.entries<AttackKind<FixedNormAttack>>(FIXED_NORM_ATTACKS)) {
      const name = key as FixedNormAttackName;
      if (name === 'pgd-ce' || !kind.norms.includes(norm)) continue;
      compare(name, () => within(kind, norm, SPENDINGS[name] ?? PGD));
    }
    for (const [key, kind] of Object.entries<AttackKind<MinimumNormAttack>>(MINIMUM_NORM_ATTACKS)) {
      if (kind.norms.includes(norm)) compare(key as MinimumNormAttackName, () => nearest(kind, norm));
    }
  }
});
