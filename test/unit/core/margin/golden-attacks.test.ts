import assert from 'node:assert/strict';
import { add, div, dispose, fill, gather, memory, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { runAnPgd, runPgd } from '../../../../core/margin/an-pgd-search.js';
import { compileAttackSteps } from '../../../../core/margin/attack-steps.js';
import { openBracket } from '../../../../core/margin/bisection.js';
import { lossOf } from '../../../../core/margin/losses.js';
import { classifierOf } from '../../../../core/model/classifier.js';
import { importSafetensors } from '../../../../core/model/import-weights.js';
import { buildModel } from '../../../../core/model/model.js';
import { toTensors } from '../../../../core/model/weights.js';
import { goldenFiles } from '../../../support/golden.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const BOUNDS = { lower: 0, upper: 1 };
/** What the vectors were made with; 10 iterations, steps of a quarter of the radius. */
const SETTINGS = { linf: { radius: 0.1, maxRadius: 0.4725 }, l2: { radius: 0.5, maxRadius: 2.1 } } as const;
const ITERATIONS = 10;

/** The share of elements within a tolerance of what is expected. */
const shareWithin = (actual: ArrayLike<number>, expected: ArrayLike<number>, near: (a: number, b: number) => boolean) =>
  Array.from(actual).filter((value, i) => near(value, expected[i] ?? NaN)).length / expected.length;

describe(`golden attacks on engine ${TEST_ENGINE}`, () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  for (const golden of goldenFiles('lenet')) {
    for (const norm of ['linf', 'l2'] as const) {
      it(`${golden.name}, ${norm}: points, losses, crossings and radii`, async () => {
        const alive = memory().numTensors;
        const { architecture, weights: stored } = importSafetensors('lenet', golden.bytes);
        const model = buildModel(architecture);
        const classifier = classifierOf(model);
        const steps = compileAttackSteps(
          engine.compile,
          classifier,
          { norm, bounds: BOUNDS },
          { search: 'slm', crossing: 'slm' },
        );
        const weights = toTensors(stored);
        const read = (key: string): Tensor => {
          const { data, shape } = golden.tensor(key);
          return tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
        };
        const values = (key: string): ArrayLike<number> => golden.tensor(`${norm}/${key}`).data;
        const { radius, maxRadius } = SETTINGS[norm];
        const inputs = read('images') as Tensor4D;
        const labels = read('labels') as Tensor1D;
        const start = read(`${norm}/start`) as Tensor4D;
        const radii = fill<Rank.R1>([inputs.shape[0]], radius);

        // Points after the first iterations of ten. ℓ∞: the sign of a gradient near zero may flip between implementations.
        const stepSizes: Tensor1D = tidy(() => div(radii, ITERATIONS / 2.5));
        let perturbations: Tensor4D = start.clone();
        for (let i = 1; i <= 3; i++) {
          const next = tidy(() => steps.iterate(weights, { inputs, labels, perturbations, radii, stepSizes }));
          perturbations.dispose();
          perturbations = next;
          if (i === 2) continue;
          const points = tidy(() => add(inputs, perturbations).dataSync());
          const share = shareWithin(points, values(`pgd${i}`), (a, b) => Math.abs(a - b) <= 1e-5);
          assert.ok(share >= 0.99, `pgd${i}: ${share} of the pixels`);
        }

        const reached = await runPgd(steps, { weights, inputs, labels, radii, start, iterations: ITERATIONS });
        const logitsAt = engine.compile(classifier);
        const losses = tidy(() => lossOf('slm')(logitsAt(weights, add(inputs, reached)), labels).dataSync());
        const alike = shareWithin(
          losses,
          values('pgd10.slm'),
          (a, b) => Math.abs(a - b) <= 0.02 * Math.max(1, Math.abs(b)),
        );
        assert.ok(alike >= 0.95, `pgd10.slm: ${alike} of the examples`);

        // The crossing along given directions: 20 bisections, the last midpoint.
        const directions = read(`${norm}/direction`) as Tensor4D;
        let bracket = tidy(() => openBracket(radii, maxRadius));
        for (let i = 0; i < 20; i++) {
          const next = tidy(() => steps.bisect(weights, inputs, labels, directions, bracket));
          dispose(bracket);
          bracket = next;
        }
        const crossings = bracket.probe.dataSync();
        for (const [i, crossing] of Array.from(values('crossing')).entries()) {
          assert.ok(
            Math.abs(crossings[i]! - crossing) <= 1e-4 * maxRadius,
            `crossing ${i}: ${crossings[i]}, ${crossing}`,
          );
        }

        // Radii of the examples that count as correct: ours are the failing side of the last bracket, the golden ones its midpoint.
        const correct = tensor1d([...golden.tensor('correct').data], 'int32');
        const some = tidy(() => ({
          inputs: gather(inputs, correct),
          labels: gather(labels, correct),
          radii: gather(radii, correct),
          start: gather(start, correct),
        }));
        const result = await runAnPgd(steps, { weights, ...some, maxRadius, iterations: ITERATIONS, bisections: 10 });
        const [found, crossed] = [result.radii.dataSync(), result.crossed.dataSync()];
        const half = maxRadius / 2 ** 11;
        const expected = Array.from(values('anpgd.eps'));
        const near = expected.filter((e, i) => {
          const ours = crossed[i] === 1 ? found[i]! : maxRadius;
          return Math.abs(ours - e) <= 0.02 * e || Math.abs(ours - e) <= 2 * half;
        }).length;
        assert.ok(near >= 0.95 * expected.length, `anpgd.eps: ${near} of ${expected.length}`);

        dispose([weights, inputs, labels, start, radii, stepSizes, perturbations, reached, directions, correct]);
        dispose([
          bracket.low,
          bracket.high,
          bracket.probe,
          bracket.crossed,
          result.radii,
          result.perturbations,
          result.crossed,
        ]);
        dispose(some);
        assert.equal(memory().numTensors, alive);
      });
    }
  }
});
