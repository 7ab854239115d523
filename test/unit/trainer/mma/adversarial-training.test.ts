import assert from 'node:assert/strict';
import { dispose, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { neverStop } from '../../../../core/margin/pace.js';
import { NORMS, type Norm } from '../../../../core/margin/threat-model.js';
import { createRandom } from '../../../../core/random.js';
import { gather, IMAGE_BOUNDS } from '../../../../trainer/mma/batches.js';
import { compileMethod, methodContext } from '../../../../trainer/mma/compile-method.js';
import { rampedEpsilon } from '../../../../trainer/mma/methods/pgdls.js';
import { mean } from '../../../../trainer/mma/mean.js';
import { radiusTable } from '../../../../trainer/mma/radius-table.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { linearProblem } from '../../../support/linear-model.js';
import { assertNear } from '../../../support/near.js';
import { ONE_STEP, stepOnce } from '../../../support/one-step.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const COUNT = 30;
const EPSILON = 0.05;
const BETA = 4;

const CONFIG: TrainingConfig = {
  ...ONE_STEP,
  method: 'pgd',
  maxDistance: 0.1,
  attackIterations: 7,
  cleanCoefficient: 0,
  epsilon: EPSILON,
};
const TRADES: TrainingConfig = { ...CONFIG, method: 'trades', cleanCoefficient: 1, tradesBeta: BETA };

const linear = linearProblem(COUNT, 9);
const kernel = linear.weights['dense.kernel']!.data;
const bias = linear.weights['dense.bias']!.data[1]!;
/** Of the second class; the first one's are 0. */
const w = Array.from({ length: kernel.length / 2 }, (_, i) => kernel[2 * i + 1]!);
const length2 = Math.hypot(...w);

/** argmax over ‖u‖ ≤ 1 of ⟨w, u⟩. */
const steepest = (norm: Norm): number[] => w.map((weight) => (norm === 'linf' ? Math.sign(weight) : weight / length2));

const imageOf = (example: number): number[] => w.map((_, i) => linear.examples.images[example * w.length + i]! / 255);
const labelOf = (example: number): number => linear.examples.labels[example]!;
const score = (x: readonly number[]): number => x.reduce((sum, value, i) => sum + value * w[i]!, bias);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
/** CE of logits (0, z). */
const crossEntropy = (z: number, label: number): number => Math.log1p(Math.exp(label === 1 ? -z : z));
const shifted = (x: readonly number[], u: readonly number[], by: number): number[] => x.map((v, i) => v + by * u[i]!);

interface Terms {
  readonly value: number;
  /** Of the second logit at each point that the term is made of. */
  readonly slopes: readonly { readonly point: readonly number[]; readonly slope: number }[];
}

/** Gradients of the second class's weights and bias; those of the first are their negatives. */
const gradientOf = (terms: readonly Terms[]): number[] =>
  [...w, 1].map((_, i) =>
    mean(terms.map(({ slopes }) => slopes.reduce((sum, { point, slope }) => sum + slope * (point[i] ?? 1), 0))),
  );

const ceTerm = (x: readonly number[], label: number, weight: number): Terms => ({
  value: crossEntropy(score(x), label),
  slopes: [{ point: x, slope: weight * (sigmoid(score(x)) - label) }],
});

/** KL(p ‖ q) between answers at x and x', with the gradients of both: p (1 − p) (z − z') and q − p. */
const klTerm = (x: readonly number[], moved: readonly number[], weight: number): Terms => {
  const [p, q] = [sigmoid(score(x)), sigmoid(score(moved))];
  return {
    value: p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q)),
    slopes: [
      { point: x, slope: weight * p * (1 - p) * (score(x) - score(moved)) },
      { point: moved, slope: weight * (q - p) },
    ],
  };
};

const examples = Array.from({ length: COUNT }, (_, i) => i);

describe('adversarial training of a linear model', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  /** One step from the linear problem's own weights and a given δ₀: the gradient of the second class's weights, and the report. */
  async function stepFrom(
    config: TrainingConfig,
    start: (example: number) => readonly number[],
    shouldContinue = neverStop,
  ) {
    const request = { ...linear, config, radius: config.epsilon!, start: examples.flatMap(start), shouldContinue };
    const step = await stepOnce(engine, request);
    if (step === undefined) return undefined;
    const { weights, report } = step;
    const moved = weights['dense.kernel']!.data;
    const gradient = [...w.map((weight, i) => weight - moved[2 * i + 1]!), bias - weights['dense.bias']!.data[1]!];
    return { gradient, report };
  }

  const nowhere = () => w.map(() => 0);

  for (const norm of NORMS)
    for (const c of [0, 0.25])
      it(`PGD descends the loss at x ± ε u, the worst point of the ball (${norm}, c = ${c})`, async () => {
        const epsilon = norm === 'linf' ? EPSILON : 4 * EPSILON;
        const u = steepest(norm);
        const worst = (example: number) => shifted(imageOf(example), u, labelOf(example) === 1 ? -epsilon : epsilon);
        const clean = examples.map((example) => ceTerm(imageOf(example), labelOf(example), c));
        const attacked = examples.map((example) => ceTerm(worst(example), labelOf(example), 1 - c));
        const step = await stepFrom({ ...CONFIG, norm, epsilon, cleanCoefficient: c }, nowhere);
        assertNear(
          step!.gradient,
          gradientOf([...clean, ...attacked]).map((slope) => 2 * slope),
          1e-4,
          'gradient',
        );
        assertNear([step!.report.cleanLoss], [mean(clean.map(({ value }) => value))], 1e-5, 'clean loss');
        assertNear([step!.report.marginLoss], [mean(attacked.map(({ value }) => value))], 1e-5, 'loss at x + δ');
        assert.ok(Math.abs(step!.report.accuracy - examples.filter(linear.isCorrect).length / COUNT) < 1e-6);
        assert.deepEqual(step!.report.radii, new Float32Array(COUNT).fill(epsilon));
      });

  for (const norm of NORMS)
    it(`TRADES descends CE(x) + β KL(f(x) ‖ f(x')), through f(x) and f(x'), x' where a start leads (${norm})`, async () => {
      const epsilon = norm === 'linf' ? EPSILON : 4 * EPSILON;
      const u = steepest(norm);
      // KL grows away from x on either side; which of them is climbed is the start's choice.
      const side = (example: number) => (example % 3 === 0 ? 1 : -1);
      const terms = examples.flatMap((example) => {
        const x = imageOf(example);
        return [ceTerm(x, labelOf(example), 1), klTerm(x, shifted(x, u, side(example) * epsilon), BETA)];
      });
      const step = await stepFrom({ ...TRADES, norm, epsilon }, (example) => u.map((v) => side(example) * 0.001 * v));
      assertNear(
        step!.gradient,
        gradientOf(terms).map((slope) => 2 * slope),
        1e-4,
        'gradient',
      );
      const [ce, kl] = [0, 1].map((turn) => mean(terms.filter((_, i) => i % 2 === turn).map(({ value }) => value)));
      assertNear([step!.report.cleanLoss], [ce!], 1e-5, 'clean loss');
      assertNear([step!.report.marginLoss], [kl!], 1e-4, 'divergence');
      assert.deepEqual(step!.report.radii, new Float32Array(COUNT).fill(epsilon));
    });

  it('takes other losses where it is told to', async () => {
    const u = steepest('linf');
    const worst = (example: number) => shifted(imageOf(example), u, labelOf(example) === 1 ? -EPSILON : EPSILON);
    const sign = (example: number) => (labelOf(example) === 1 ? -1 : 1);
    const losses = { attack: 'cw', margin: 'slm', clean: 'lm' } as const;
    const step = await stepFrom({ ...CONFIG, losses }, nowhere);
    // Of two classes, LM and SLM are both z of the other class minus z of its own.
    const terms = examples.map((example) => ({
      value: sign(example) * score(worst(example)),
      slopes: [{ point: worst(example), slope: sign(example) }],
    }));
    assertNear(step!.gradient, gradientOf(terms), 1e-4, 'gradient');
    assertNear([step!.report.marginLoss], [mean(terms.map(({ value }) => value))], 1e-4, 'SLM at x + δ');
    const clean = mean(examples.map((example) => sign(example) * score(imageOf(example))));
    assertNear([step!.report.cleanLoss], [clean], 1e-4, 'LM at x');
  });

  for (const config of [CONFIG, TRADES])
    it(`changes nothing when it is stopped (${config.method})`, async () => {
      let looks = 0;
      assert.equal(await stepFrom(config, nowhere, () => ++looks < 3), undefined);
    });
});

describe('where adversarial training starts', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  const startsOf = (config: TrainingConfig) =>
    compileMethod(config, methodContext(engine.compile, linear.model, config, IMAGE_BOUNDS)).search!;
  const table = radiusTable(new Float32Array(COUNT).fill(0.4), 0.2);

  it('ε grows linearly from the first step to the last of the ramp, and no further, whatever was recorded', () => {
    const config = { ...CONFIG, epsilon: 0.5, initialEpsilon: 0.1, epsilonRampSteps: 8, method: 'pgdls' as const };
    assert.deepEqual(
      [0, 2, 4, 8, 9, 1000].map((step) => rampedEpsilon(config, step)),
      [0.1, 0.2, 0.1 + 0.4 * 0.5, 0.5, 0.5, 0.5],
    );
    for (const step of [0, 3, 100])
      assert.deepEqual(
        startsOf(config).radii(table, Uint32Array.of(1, 2), step),
        new Float32Array(2).fill(rampedEpsilon(config, step)),
      );
    assert.deepEqual(startsOf(CONFIG).radii(table, Uint32Array.of(3), 5), Float32Array.of(EPSILON));
  });

  it('PGD starts anywhere in the ball, TRADES a thousandth of a normal number away', async () => {
    const { numTensors } = engine.memory();
    const { inputs, labels } = gather(linear.examples, [4, 4, 1], Uint32Array.from(examples));
    const radii = tensor1d(new Float32Array(COUNT).fill(EPSILON));
    for (const [config, deviation] of [
      [CONFIG, EPSILON / Math.sqrt(3)],
      [TRADES, 0.001],
    ] as const) {
      const search = startsOf(config);
      const drawn = tensor4d(search.draw(createRandom(3), inputs.size), inputs.shape);
      const start = tidy(() => search.place(inputs, radii, drawn));
      const values = await start.data();
      const found = Math.sqrt(mean(Array.from(values, (value) => value * value)));
      assert.ok(Math.abs(found / deviation - 1) < 0.1, `${config.method}: ${found}, expected ${deviation}`);
      assert.ok(values.every((value) => Math.abs(value) <= EPSILON));
      dispose([drawn, start]);
    }
    dispose([inputs, labels, radii]);
    assert.equal(engine.memory().numTensors, numTensors);
  });
});
