import type { HostTensor, HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import type { Random } from '../../core/random.js';

/**
 * Weights that training starts from.
 *
 * A layer with a bias starts uniform in ±1/√fan-in, kernel and bias (PyTorch's default); a convolution without one is normal with variance
 * 2/(k² · filters) (He et al. 2015, fan-out; paper, settings for CIFAR-10). Scales and variances start as 1, offsets and means as 0.
 *
 * @param random advanced by as many numbers as the weights need
 * @returns parameters and statistics together, by name
 */
export function initialWeights(model: Model, random: Random): HostTensors {
  const weights: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries({ ...model.parameters, ...model.statistics })) {
    const data = new Float32Array(product(shape));
    const layer = name.slice(0, name.lastIndexOf('.'));
    const kind = name.slice(layer.length + 1);
    if (kind === 'kernel' || kind === 'bias') {
      const kernel = model.parameters[`${layer}.kernel`] ?? shape;
      if (model.parameters[`${layer}.bias`] !== undefined) {
        const limit = 1 / Math.sqrt(product(kernel.slice(0, -1)));
        for (let i = 0; i < data.length; i++) data[i] = limit * (2 * random.uniform() - 1);
      } else {
        const deviation = Math.sqrt(2 / (product(kernel.slice(0, -2)) * (kernel.at(-1) ?? 1)));
        for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
      }
    } else if (kind === 'scale' || kind === 'variance') {
      data.fill(1);
    }
    weights[name] = { shape, data };
  }
  return weights;
}

const product = (extents: readonly number[]): number => extents.reduce((result, extent) => result * extent, 1);
