import { lenet } from '../../core/model/lenet.js';
import { buildModel } from '../../core/model/model.js';
import { initialWeights } from '../../core/model/weights.js';
import { createRandom } from '../../core/random.js';
import type { Publication } from '../../core/registry/registry.js';

/** Something small to publish, with weights of a seed. */
export function smallPublication(seed = 1): Publication {
  const architecture = lenet({ conv1: 2, conv2: 2, hidden: 3 }, [8, 8, 1], 2);
  return {
    architecture,
    weights: initialWeights(buildModel(architecture), createRandom(seed)),
    manifest: {
      bounds: { lower: 0, upper: 1 },
      labels: ['even', 'odd'],
      threatModel: { norm: 'linf', maxDistance: 0.45 },
      origin: { kind: 'trained', job: `job-${seed}`, configuration: { seed }, engine: 'wasm', dataFingerprint: 'none' },
    },
  };
}
