import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Engine } from '../../core/engine/engine.js';
import { SEARCH_REACH } from '../../core/margin/threat-model.js';
import { buildModel } from '../../core/model/model.js';
import { writeSafetensors } from '../../core/model/safetensors.js';
import { readJobData } from '../../trainer/jobs/job-data.js';
import { completeSpec } from '../../trainer/jobs/job-spec.js';
import { networkFor } from '../../trainer/jobs/network-spec.js';
import { mean } from '../../trainer/mma/mean.js';
import { train } from '../../trainer/mma/training-loop.js';
import type { Oracle, OracleTraining } from '../oracle.js';

/** What both sides train: the paper's method on a small budget. */
const TRAINING: Omit<OracleTraining, 'seed'> = {
  maxDistance: 0.45,
  minRadius: 0.1,
  steps: 1500,
  batchSize: 50,
  iterations: 10,
  learningRate: 1e-3,
  sizes: [8, 16, 64],
};
const MEASURED_IMAGES = 1000;
const MEASURED_ITERATIONS = 40;
const VALIDATION_EXAMPLES = 5000;

export interface Trained {
  readonly cleanAccuracy: number;
  readonly meanDistance: number;
}

/**
 * Our training and another implementation's, of the same settings, one pair a seed, both measured by that implementation's margins on the same
 * test images.
 *
 * @param mnist the data set's directory
 */
export async function equalSteps(
  engine: Engine,
  oracle: Oracle,
  mnist: string,
  directory: string,
  { seeds, steps }: { readonly seeds: readonly number[]; readonly steps: number },
  say: (text: string) => void,
) {
  const pairs: { readonly seed: number; readonly ours: Trained; readonly oracle: Trained }[] = [];
  const measured = async (weights: string): Promise<Trained> => {
    const { accuracy, meanDistance } = await oracle.margins(weights, {
      norm: 'linf',
      count: MEASURED_IMAGES,
      iterations: MEASURED_ITERATIONS,
      maxDistance: SEARCH_REACH * TRAINING.maxDistance,
      seed: 0,
    });
    return { cleanAccuracy: accuracy, meanDistance };
  };
  for (const seed of seeds) {
    const file = join(directory, `ours-${seed}.safetensors`);
    await writeFile(file, await trainOurs(engine, mnist, { ...TRAINING, steps, seed }));
    const pair = {
      seed,
      ours: await measured(file),
      oracle: await measured(await oracle.train({ ...TRAINING, steps, seed })),
    };
    say(`seed ${seed}: ours ${describe(pair.ours)}, the oracle ${describe(pair.oracle)}`);
    pairs.push(pair);
  }
  return {
    ...meanOf(pairs.map(({ ours }) => ours)),
    oracle: meanOf(pairs.map((pair) => pair.oracle)),
    seeds: pairs,
    settings: { ...TRAINING, steps, measuredImages: MEASURED_IMAGES, measuredIterations: MEASURED_ITERATIONS },
  };
}

/** @returns the weights after the last step, as a safetensors file */
async function trainOurs(engine: Engine, mnist: string, settings: OracleTraining): Promise<Uint8Array> {
  const spec = completeSpec({
    model: 'paper',
    data: { name: 'mnist', directory: basename(mnist), validationExamples: VALIDATION_EXAMPLES },
    architecture: { name: 'lenet', sizes: settings.sizes },
    method: 'mma',
    norm: 'linf',
    maxDistance: settings.maxDistance,
    minRadius: settings.minRadius,
    attackIterations: settings.iterations,
    steps: settings.steps,
    batchSize: settings.batchSize,
    optimizer: { rule: 'adam', learningRate: settings.learningRate },
    seed: String(settings.seed),
    // One validation, at the end: the last weights count, as they do beside us.
    validationInterval: settings.steps,
    validationMarginExamples: settings.batchSize,
  });
  const data = await readJobData(spec, dirname(mnist));
  const model = buildModel(networkFor(spec.architecture, data.info));
  const { weights } = await train({
    ...{ engine, model, train: data.train, validation: data.validation, config: spec.training },
  });
  return writeSafetensors(weights);
}

function meanOf(trained: readonly Trained[]): Trained {
  return {
    cleanAccuracy: mean(trained.map(({ cleanAccuracy }) => cleanAccuracy)),
    meanDistance: mean(trained.map(({ meanDistance }) => meanDistance)),
  };
}

const describe = ({ cleanAccuracy, meanDistance }: Trained): string =>
  `${(100 * cleanAccuracy).toFixed(1)} % and ${meanDistance.toFixed(4)}`;
