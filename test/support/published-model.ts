import { lenet } from '../../core/model/lenet.js';
import { buildModel } from '../../core/model/model.js';
import { initialWeights } from '../../core/model/weights.js';
import { createRandom } from '../../core/random.js';
import type { Publication } from '../../core/registry/registry.js';

/** An untrained LeNet for 28×28 grey images, small enough that its margins take milliseconds. */
export function smallLenet(
  seed: number,
  sizes = { conv1: 4, conv2: 8, hidden: 16 },
  manifest: Partial<Publication['manifest']> = {},
): Publication {
  const architecture = lenet(sizes);
  return {
    architecture,
    weights: initialWeights(buildModel(architecture), createRandom(seed)),
    manifest: {
      bounds: { lower: 0, upper: 1 },
      labels: Array.from({ length: 10 }, (_, index) => `${index}`),
      threatModel: { norm: 'linf', maxDistance: 0.45 },
      origin: { kind: 'imported', format: 'test', sha256: '0'.repeat(64) },
      ...manifest,
    },
  };
}
