import assert from 'node:assert/strict';
import { dispose, scalar, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { HostTensors } from '../../../../core/model/host-tensors.js';
import { mlp } from '../../../../core/model/mlp.js';
import { buildModel } from '../../../../core/model/model.js';
import { initialWeights, toHost, toTensors, zeroWeights } from '../../../../core/model/weights.js';
import { createRandom } from '../../../../core/random.js';
import { IMAGE_BOUNDS } from '../../../../trainer/mma/batches.js';
import { methodContext } from '../../../../trainer/mma/compile-method.js';
import { compileTrades } from '../../../../trainer/mma/methods/trades.js';
import { mapNamed } from '../../../../trainer/mma/named.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { ONE_STEP } from '../../../support/one-step.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const BETA = 4;

const TRADES: TrainingConfig = {
  ...ONE_STEP,
  method: 'trades',
  cleanCoefficient: 1,
  epsilon: 0.05,
  tradesBeta: BETA,
  batchSize: 8,
};

describe('the objective of TRADES, of a model that is not linear', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  it('has the slope that finite differences have, at fixed x and x′', async () => {
    const model = buildModel(mlp([6], [4, 4, 1], 3));
    const random = createRandom(17);
    const context = methodContext(engine.compile, model, TRADES, IMAGE_BOUNDS);
    const { descend } = compileTrades(context);
    const weights = initialWeights(model, random);
    const inputs = tensor4d(random.uniforms(8 * 16), [8, 4, 4, 1]);
    const labels = tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32');
    const perturbations = tensor4d(
      random.uniforms(8 * 16).map((value) => value - 0.5),
      inputs.shape,
    );
    const factors = { learningRate: scalar(1) };
    /** One step from the weights, moved by so much along a direction. */
    const stepFrom = async (by: number, direction: HostTensors) => {
      const moved = Object.entries(weights).map(([name, { shape, data }]) => {
        const values = Float32Array.from(data, (value, i) => value + by * direction[name]!.data[i]!);
        return [name, { shape, data: values }] as const;
      });
      const parameters = toTensors(Object.fromEntries(moved));
      const moments = toTensors(zeroWeights(context.optimizer.stateShapes(model.parameters)));
      const tensors = { parameters, statistics: {}, moments };
      const after = tidy(() => descend(tensors, { inputs, labels }, perturbations, factors));
      const [ce = NaN, , kl = NaN] = await after.report.data();
      const next = await toHost(after.tensors.parameters);
      dispose([tensors, after]);
      return { objective: ce + BETA * kl, next };
    };
    const { numTensors } = engine.memory();
    const { next } = await stepFrom(0, weights);
    const gradient = mapNamed(weights, ({ shape, data }, name) => ({
      shape,
      data: Float32Array.from(data, (value, i) => value - next[name]!.data[i]!),
    }));
    const steepness = Math.hypot(...Object.values(gradient).flatMap(({ data }) => Array.from(data)));
    const h = 0.01 / steepness;
    const [above, below] = [await stepFrom(h, gradient), await stepFrom(-h, gradient)];
    const slope = (above.objective - below.objective) / (2 * h * steepness);
    assert.ok(Math.abs(slope / steepness - 1) < 2e-3, `slope ${slope}, gradient ${steepness}`);
    assert.equal(engine.memory().numTensors, numTensors);
    dispose([inputs, labels, perturbations, factors]);
  });
});
