import { dispose, fill, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { compileAttackSteps } from '../../core/margin/attack-steps.js';
import { classifierOf } from '../../core/model/classifier.js';
import { initialWeights, toTensors } from '../../core/model/weights.js';
import { createRandom } from '../../core/random.js';
import { batchOf, randomProblem } from './random-problem.js';
import type { OpenWorkload } from './workload.js';

const BOUNDS = { lower: 0, upper: 1 };
const RADIUS = 0.1;
const STEP_SIZE = 0.01;

/** One iteration of PGD on SLM in ℓ∞: an input gradient, a step, the projection. A run is a chain of so many, read at its end. */
export const openGradient: OpenWorkload = (engine, { model: name, batch, iterations }) => {
  const problem = randomProblem(name, batch);
  const { model } = problem;
  const weights = toTensors(initialWeights(model, createRandom(0)));
  const { inputs, labels } = batchOf(problem);
  const radii: Tensor1D = fill([batch], RADIUS);
  const stepSizes: Tensor1D = fill([batch], STEP_SIZE);
  const { iterate } = compileAttackSteps(
    engine.compile,
    classifierOf(model),
    { norm: 'linf', bounds: BOUNDS },
    { search: 'slm', crossing: 'slm' },
  );
  return Promise.resolve({
    unitsPerRun: iterations,
    run: async () => {
      let perturbations: Tensor4D = zerosLike(inputs);
      for (let i = 0; i < iterations; i++) {
        const next = tidy(() => iterate(weights, { inputs, labels, perturbations, radii, stepSizes }));
        perturbations.dispose();
        perturbations = next;
      }
      await perturbations.data();
      perturbations.dispose();
    },
    facts: () => Promise.resolve({ ...problem.facts, norm: 'linf', gradientsPerRun: iterations }),
    dispose: () => {
      dispose([weights, inputs, labels, radii, stepSizes]);
    },
  });
};
