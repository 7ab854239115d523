import type { Architecture } from '../../core/model/architecture.js';
import { cnn } from '../../core/model/cnn.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import { lenet } from '../../core/model/lenet.js';
import { mlp } from '../../core/model/mlp.js';
import { buildModel } from '../../core/model/model.js';
import { initialWeights } from '../../core/model/weights.js';
import { wrn } from '../../core/model/wrn.js';
import { createRandom } from '../../core/random.js';

/** A small network of every family, with extents that are not square. */
export const FAMILY_CASES: readonly (readonly [string, Architecture])[] = [
  ['lenet', lenet({ conv1: 3, conv2: 4, hidden: 6 }, [12, 8, 2], 5)],
  ['wrn-10-1', wrn(10, 1, [12, 8, 3], 4)],
  ['wrn-16-2', wrn(16, 2, [9, 7, 1], 3)],
  ['mlp', mlp([7, 5], [4, 3, 2], 3)],
  ['cnn', cnn({ filters: [3, 4], hidden: 5 }, [9, 7, 2], 3)],
];

/** Weights of a seed; statistics, offsets and biases as training leaves them, not 0 and 1, so that one in the place of another shows. */
export function lifelikeWeights(architecture: Architecture, seed: number): HostTensors {
  const random = createRandom(seed);
  return Object.fromEntries(
    Object.entries(initialWeights(buildModel(architecture), random)).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value) => value + (shape.length === 1 ? 0.2 * random.uniform() : 0)) },
    ]),
  );
}
