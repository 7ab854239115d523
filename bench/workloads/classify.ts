import { dispose, tidy } from '@tensorflow/tfjs-core';
import { readLogits } from '../../core/margin/host-logits.js';
import { classifierOf } from '../../core/model/classifier.js';
import { initialWeights, toTensors } from '../../core/model/weights.js';
import { createRandom } from '../../core/random.js';
import { batchOf, randomProblem } from './random-problem.js';
import type { OpenWorkload } from './workload.js';

/** The logits of a batch, each batch read, as the server answers Classify. A run is so many batches. */
export const openClassify: OpenWorkload = (engine, { model: name, batch, iterations }) => {
  const problem = randomProblem(name, batch);
  const { model } = problem;
  const weights = toTensors(initialWeights(model, createRandom(0)));
  const { inputs, labels } = batchOf(problem);
  const logitsOf = engine.compile(classifierOf(model));
  return Promise.resolve({
    unitsPerRun: iterations,
    run: async () => {
      for (let i = 0; i < iterations; i++) await readLogits(tidy(() => logitsOf(weights, inputs)));
    },
    facts: () => Promise.resolve({ ...problem.facts, batchesPerRun: iterations }),
    dispose: () => {
      dispose([weights, inputs, labels]);
    },
  });
};
