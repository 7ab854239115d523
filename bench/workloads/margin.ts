import { dispose } from '@tensorflow/tfjs-core';
import { compileMarginSearch, type MarginFinding } from '../../core/margin/margin-search.js';
import { DEFAULT_MAX_DISTANCE, SEARCH_REACH } from '../../core/margin/threat-model.js';
import { classifierOf } from '../../core/model/classifier.js';
import { toTensors } from '../../core/model/weights.js';
import { mean } from '../../trainer/mma/mean.js';
import { memorise } from './memorise.js';
import { batchOf, randomProblem } from './random-problem.js';
import type { OpenWorkload } from './workload.js';

const BOUNDS = { lower: 0, upper: 1 };
const NORM = 'linf';
/** What the model knows, so that what is searched for is not just beside an image that it has never seen. */
const MEMORISED = 50;

/** The margins of a batch of inputs, as the server answers Margin, with a budget of so many gradient evaluations. */
export const openMargin: OpenWorkload = async (engine, { model: name, batch, iterations }) => {
  const problem = randomProblem(name, batch);
  const { model } = problem;
  // The images of a smaller batch are the first ones of a larger.
  const weights = toTensors(await memorise(engine, randomProblem(name, Math.max(batch, MEMORISED))));
  const { inputs, labels } = batchOf(problem);
  const search = compileMarginSearch(engine.compile, classifierOf(model), {
    norm: NORM,
    bounds: BOUNDS,
  });
  let findings: readonly MarginFinding[] = [];
  return {
    unitsPerRun: 1,
    run: async () => {
      const found = await search.find({
        weights,
        inputs,
        maxDistance: SEARCH_REACH * DEFAULT_MAX_DISTANCE[NORM],
        maxGradientEvaluations: iterations,
        seed: 0n,
      });
      await found.perturbations.data();
      found.perturbations.dispose();
      findings = found.findings;
    },
    facts: () =>
      Promise.resolve({
        ...problem.facts,
        ...{ norm: NORM, gradientEvaluations: iterations },
        found: findings.filter(({ status }) => status === 'found').length,
        meanDistance: mean(findings.map(({ distance }) => distance)),
      }),
    dispose: () => {
      dispose([weights, inputs, labels]);
    },
  };
};
