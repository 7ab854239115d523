import type { Engine } from '../../core/engine/engine.js';
import type { Architecture } from '../../core/model/architecture.js';
import { buildModel } from '../../core/model/model.js';
import { createRandom } from '../../core/random.js';
import type { Examples } from '../../trainer/data/dataset.js';
import type { Checkpoint } from '../../trainer/mma/checkpoint.js';
import type { TrainingConfig } from '../../trainer/mma/training-config.js';
import { train } from '../../trainer/mma/training-loop.js';
import type { Validation } from '../../trainer/mma/validation.js';

/** A training that every thread or process can make for itself. */
export interface TrainingCase {
  readonly architecture: Architecture;
  readonly config: TrainingConfig;
  readonly examples: number;
  /** The training is asked to stop after so many steps. */
  readonly stopAfter?: number;
}

export interface TrainedCase {
  readonly validation?: Validation;
  /** The last that was saved. */
  readonly checkpoint: Checkpoint;
}

/** Images whose brightest column tells the class, and noise. */
function columns(count: number, { inputShape, classes }: Architecture, seed: number): Examples {
  const random = createRandom(seed);
  const [height, width, channels] = inputShape;
  const size = height * width * channels;
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  const images = Uint8Array.from({ length: count * size }, (_, i) => {
    const column = Math.floor(i / channels) % width;
    const bright = Math.floor((column * classes) / width) === labels[Math.floor(i / size)];
    return Math.floor((bright ? 150 : 20) + 80 * random.uniform());
  });
  return { count, images, labels };
}

/** Trains a case to its end, or until it stops. */
export async function trainCase(
  engine: Engine,
  { architecture, config, examples, stopAfter }: TrainingCase,
): Promise<TrainedCase> {
  let checkpoint: Checkpoint | undefined;
  const stopping = new AbortController();
  const result = await train({
    engine,
    model: buildModel(architecture),
    train: columns(examples, architecture, 1),
    validation: columns(7, architecture, 2),
    config,
    signal: stopping.signal,
    onProgress: ({ step }) => {
      // One of them hears of it, all of them stop.
      if (step === stopAfter && engine.world?.rank !== 0) stopping.abort();
    },
    saveCheckpoint: (saved) => Promise.resolve(void (checkpoint = saved)),
  }).catch((error: unknown) => {
    if (stopAfter === undefined) throw error;
    return undefined;
  });
  if (checkpoint === undefined) throw new Error('expected a checkpoint, got none');
  return { checkpoint, ...(result && { validation: result.validation }) };
}
