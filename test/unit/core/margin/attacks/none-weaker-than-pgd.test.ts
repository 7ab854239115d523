import assert from 'node:assert/strict';
import { add, clipByValue, dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Rank } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../../core/margin/attack-steps.js';
import type {
  AttackKind,
  AttackOutcome,
  AttackProblem,
  FixedNormAttack,
  MinimumNormAttack,
} from '../../../../../core/margin/attacks/attack.js';
import { pgdCe } from '../../../../../core/margin/attacks/ball/pgd.js';
import { FIXED_NORM_ATTACKS, type FixedNormAttackName } from '../../../../../core/margin/attacks/fixed-norm-attacks.js';
import {
  MINIMUM_NORM_ATTACKS,
  type MinimumNormAttackName,
} from '../../../../../core/margin/attacks/minimum-norm-attacks.js';
import { hostLength } from '../../../../../core/margin/host-length.js';
import { largestLogit } from '../../../../../core/margin/host-logits.js';
import { ATTACK_NORMS, type AttackNorm } from '../../../../../core/margin/threat-model.js';
import { classifierOf } from '../../../../../core/model/classifier.js';
import { importSafetensors } from '../../../../../core/model/import-weights.js';
import { buildModel } from '../../../../../core/model/model.js';
import { toTensors } from '../../../../../core/model/weights.js';
import { goldenNames, openGolden } from '../../../../support/golden.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };

/** Radii at which PGD succeeds on some of the images and not on others. */
const EPSILONS: Readonly<Record<AttackNorm, number>> = { linf: 0.08, l2: 1.2, l1: 8 };

/** Gradient evaluations that each attack may spend on an image: as many as PGD. */
const BUDGET = 90;

/** How an attack within a ball spends the budget. */
interface Spending {
  readonly iterations: number;
  readonly restarts: number;
  /** Of an attack without gradients: forward evaluations that it may spend on an image. */
  readonly forwardEvaluations?: number;
}
const PGD: Spending = { iterations: 45, restarts: 2 };
const SPENDINGS: Partial<Record<FixedNormAttackName, Spending>> = {
  // Nine targets.
  'apgd-t': { iterations: 10, restarts: 1 },
};

type AttackName = FixedNormAttackName | MinimumNormAttackName;

/** Attacks that are not compared, in one norm or in all, and why. */
const NOT_COMPARED: Partial<Record<AttackName | `${AttackNorm} ${AttackName}`, string>> = {
  // Square falls behind in ℓ2 at this ε: on 6 of PGD's 8 images in 20,000 queries; SPSA in ℓ∞ at ε 0.06: on 3 of PGD's 5 in 15,000.
  square:
    'it takes no gradients; gradient-free-golden compares it in ℓ∞ at 0.08 and ℓ2 at 0.8; it is weaker in ℓ2 at 1.2, and in ℓ1',
  spsa: 'it takes no gradients; gradient-free-golden compares it in ℓ∞ at 0.08 and ℓ2 at 0.8; it is weaker in ℓ∞ at 0.06',
  'l1 fab-t': 'it takes ten seconds, and other tests know its closeness',
};

/** Attacks that may succeed on some images fewer, and why: their methods have no second try. */
const FEWER: Partial<Record<MinimumNormAttackName, { readonly images: number; readonly because: string }>> = {
  'an-pgd': { images: 2, because: 'it looks along one ray' },
  deepfool: { images: 3, because: 'it ends at the first boundary that it meets' },
  'fab-t': { images: 1, because: 'it has ten gradients for each of nine classes' },
};

describe('no attack is weaker than PGD with its budget, on a LeNet trained elsewhere', () => {
  const [name] = goldenNames();
  if (name === undefined) {
    it('skipped: there are no golden vectors beside this checkout', function () {
      this.skip();
    });
    return;
  }

  let engine: Engine;
  let problem: AttackProblem;
  let classifier: WeightedClassifier;
  const inputSize = 28 * 28;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
    const golden = openGolden(name)!;
    const { architecture, weights: stored } = importSafetensors('lenet', golden.bytes);
    const model = buildModel(architecture);
    classifier = classifierOf(model);
    const weights: TensorMap = toTensors(stored);
    const correct = [...golden.tensor('correct').data];
    const rowsOf = (key: string, size: number) =>
      correct.map((index) => golden.tensor(key).data.slice(index * size, (index + 1) * size) as Float32Array);
    problem = {
      weights,
      inputs: tensor<Rank.R4>(Float32Array.from(rowsOf('images', inputSize).flatMap((row) => [...row])), [
        correct.length,
        28,
        28,
        1,
      ]),
      classes: correct.map((index) => Number(golden.tensor('labels').data[index])),
      logits: rowsOf('logits', 10),
      seeds: correct.map((index) => BigInt(100 + index)),
      proceed: () => true,
    };
  });
  after(() => {
    dispose(problem.weights);
    problem.inputs.dispose();
  });

  /** On how many images it succeeds, within ε, by another classification of each point. */
  const successes = async (norm: AttackNorm, epsilon: number, outcome: AttackOutcome): Promise<number> => {
    const { perturbations } = outcome;
    const values = (await perturbations.data()) as Float32Array;
    const logits = tidy(() => {
      const points = clipByValue(add(problem.inputs, perturbations), 0, 1);
      return classifier(problem.weights, points as typeof problem.inputs).dataSync() as Float32Array;
    });
    perturbations.dispose();
    return problem.classes.filter((label, index) => {
      const length = hostLength(norm, values.subarray(index * inputSize, (index + 1) * inputSize));
      return length <= epsilon && largestLogit(logits.subarray(index * 10, (index + 1) * 10)) !== label;
    }).length;
  };

  const within = async (kind: AttackKind<FixedNormAttack>, norm: AttackNorm, spending: Spending): Promise<number> => {
    const epsilon = EPSILONS[norm];
    const compiled = kind.compile(engine.compile, classifier, { norm, bounds: BOUNDS }, 'leave');
    const outcome = await compiled.find({ ...problem, radii: problem.classes.map(() => epsilon), ...spending });
    assert.ok(outcome.gradientEvaluations <= BUDGET, `${outcome.gradientEvaluations} gradient evaluations`);
    const { forwardEvaluations = 0 } = outcome;
    assert.ok(forwardEvaluations <= (spending.forwardEvaluations ?? 0), `${forwardEvaluations} forward evaluations`);
    return successes(norm, epsilon, outcome);
  };
  const nearest = async (kind: AttackKind<MinimumNormAttack>, norm: AttackNorm): Promise<number> => {
    const epsilon = EPSILONS[norm];
    const compiled = kind.compile(engine.compile, classifier, { norm, bounds: BOUNDS }, 'leave');
    const outcome = await compiled.find({ ...problem, maxDistance: epsilon, maxGradientEvaluations: BUDGET });
    assert.ok(outcome.gradientEvaluations <= BUDGET, `${outcome.gradientEvaluations} gradient evaluations`);
    return successes(norm, epsilon, outcome);
  };

  for (const norm of ATTACK_NORMS) {
    let pgd = NaN;
    it(`${norm}: PGD succeeds on some images, and not on others`, async () => {
      pgd = await within(pgdCe, norm, PGD);
      assert.ok(pgd > 0 && pgd < problem.classes.length, `${pgd}`);
    });

    const compare = (attack: AttackName, attacked: () => Promise<number>) => {
      const reason = NOT_COMPARED[attack] ?? NOT_COMPARED[`${norm} ${attack}`];
      if (reason !== undefined) {
        it(`${norm}: ${attack} is not compared: ${reason}`, function () {
          this.skip();
        });
        return;
      }
      const { images, because } = FEWER[attack as MinimumNormAttackName] ?? { images: 0, because: '' };
      const fewer = images === 0 ? '' : `, or on at most ${images} fewer, since ${because}`;
      it(`${norm}: ${attack} succeeds on as many${fewer}`, async () => {
        const count = await attacked();
        assert.ok(count >= pgd - images, `${count} images, PGD ${pgd}`);
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
