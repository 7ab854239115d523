import assert from 'node:assert/strict';
import { dispose, tensor1d, tensor4d, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { unhurried } from '../../../../core/margin/pace.js';
import { toHost, toTensors } from '../../../../core/model/weights.js';
import { gather, IMAGE_BOUNDS } from '../../../../trainer/mma/batches.js';
import { compileMethod, methodContext } from '../../../../trainer/mma/compile-method.js';
import { chooseTerms } from '../../../../trainer/mma/methods/max-margin.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { linearProblem } from '../../../support/linear-model.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const CONFIG: TrainingConfig = {
  method: 'mma',
  norm: 'linf',
  maxDistance: 0.04,
  minRadius: 0.01,
  attackIterations: 3,
  bisections: 5,
  cleanCoefficient: 1 / 3,
  steps: 1,
  batchSize: 30,
  optimizer: { rule: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 },
  seed: '0',
  checkpointInterval: 1,
  validationInterval: 1,
  validationMarginExamples: 1,
  evaluationMarginExamples: 1,
};

describe('a training step', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  const linear = linearProblem(30, 9);

  /** One step from the linear problem's own weights; undefined if `proceed` stopped it. */
  async function stepFrom(config: TrainingConfig, proceed = unhurried) {
    const { numTensors } = engine.memory();
    const context = methodContext(engine.compile, linear.model, config, IMAGE_BOUNDS);
    const shapes = context.optimizer.stateShapes(linear.model.parameters);
    const parameters = toTensors(linear.weights);
    const moments = tidy(() =>
      Object.fromEntries(Object.keys(shapes).map((name) => [name, zerosLike(parameters[name.slice(9)]!)])),
    );
    const tensors = { parameters, statistics: {}, moments };
    const { inputs, labels } = gather(
      linear.examples,
      [4, 4, 1],
      Uint32Array.from({ length: 30 }, (_, i) => i),
    );
    const radii = tensor1d(new Float32Array(30).fill(config.minRadius));
    const start = zerosLike(inputs);
    const search = config.method === 'standard' ? {} : { search: { radii, start } };
    const after = await compileMethod(config, context).step(tensors, { inputs, labels, ...search }, 0, proceed);
    const weights = after && (await toHost(after.tensors.parameters));
    dispose([tensors, inputs, labels, radii, start, after?.tensors ?? []]);
    assert.equal(engine.memory().numTensors, numTensors);
    return after && { weights, report: after.report };
  }

  it('takes found points within d_max and wrong examples as they are, and lets go of what is beyond', async () => {
    const { numTensors } = engine.memory();
    const inputs = tensor4d([0.1, 0.2, 0.3, 0.4], [4, 1, 1, 1]);
    const correct = tensor1d([1, 1, 1, 0], 'bool');
    const found = {
      radii: tensor1d([0.25, 0.5, 0.525, 0.125]),
      perturbations: tensor4d([0.25, 0.5, 0.525, 0.125], [4, 1, 1, 1]),
      crossed: tensor1d([1, 1, 0, 1], 'bool'),
    };
    const terms = tidy(() => chooseTerms(inputs, correct, found, 0.5));
    assert.deepEqual([...(await terms.counted.data())], [1, 0, 0, 1]);
    assert.deepEqual([...(await terms.radii.data())], [...Float32Array.of(0.25, 0.5, 0.525, 0)]);
    const points = await terms.points.data();
    for (const [i, expected] of [0.35, 0.7, 0.825, 0.4].entries()) assert.ok(Math.abs(points[i]! - expected) < 1e-6);
    dispose([inputs, correct, found, terms]);
    assert.equal(engine.memory().numTensors, numTensors);
  });

  it('finds the margins of a linear model, and 0 where it is wrong', async () => {
    const after = await stepFrom(CONFIG);
    for (const [i, radius] of after!.report.radii.entries()) {
      const margin = linear.margin(i, 'linf');
      // The first probe is at 0.01, then 4 halvings of at most [0.01, 0.042].
      const reach = 1.05 * CONFIG.maxDistance;
      if (margin < reach) assert.ok(radius >= margin * 0.999 && radius <= margin + 0.0021, `${radius}, ${margin}`);
      else assert.equal(radius, Math.fround(reach));
    }
    const correct = after!.report.radii.filter((radius) => radius > 0).length;
    assert.ok(Math.abs(after!.report.accuracy - correct / 30) < 1e-6);
  });

  it('is a step of standard training when the clean loss has all the weight', async () => {
    const mma = await stepFrom({ ...CONFIG, cleanCoefficient: 1 });
    const standard = await stepFrom({ ...CONFIG, method: 'standard' });
    assert.deepEqual(mma!.weights, standard!.weights);
    assert.equal(mma!.report.cleanLoss, standard!.report.cleanLoss);
    assert.notDeepEqual((await stepFrom(CONFIG))!.weights, standard!.weights);
  });

  it('changes nothing when it is stopped', async () => {
    let looks = 0;
    assert.equal(await stepFrom(CONFIG, () => ++looks < 5), undefined);
  });
});
