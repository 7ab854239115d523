import { add, relu } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { invalidInput } from '../../errors.js';
import type { LayerOf } from '../architecture.js';
import { heFanOut } from '../initial.js';
import { addNorm, normalise, normWeights } from './batch-norm.js';
import { addConvolution, convolve, convolvedShape } from './conv2d.js';
import type { LayerKind, WeightSpec } from './layer-kind.js';
import { addRelu } from './relu.js';
import { imageShape } from './shapes.js';

type KernelShape = readonly [number, number, number, number];

/** The pre-activation residual block of Wide ResNets (Zagoruyko and Komodakis 2016, He et al. 2016b), without dropout. */
export const preactivationBlockKind: LayerKind<LayerOf<'preactivationBlock'>> = {
  fields: { name: 'name', filters: 'size', stride: 'size' },
  plan: ({ name, filters, stride }, inputShape) => {
    const shape = imageShape(inputShape, name);
    const kernels: readonly [string, KernelShape][] = [
      [`${name}.conv1.kernel`, [3, 3, shape[2], filters]],
      [`${name}.conv2.kernel`, [3, 3, filters, filters]],
      ...(shape[2] === filters
        ? []
        : [[`${name}.shortcut.kernel`, [1, 1, shape[2], filters]] as [string, KernelShape]]),
    ];
    const outputShape = convolvedShape(shape, stride, filters);
    if (shape[2] === filters && stride > 1) {
      throw invalidInput(`architecture: ${name}`, 'stride 1 where the channels stay', `${stride}`);
    }
    return {
      outputShape,
      weights: {
        ...normWeights(`${name}.bn1`, shape[2]),
        ...normWeights(`${name}.bn2`, filters),
        ...Object.fromEntries(kernels.map(([kernel, kernelShape]) => [kernel, heKernel(kernelShape)])),
      },
    };
  },
  apply: ({ name, stride }, values, context) => {
    const inputs = values as Tensor4D;
    const kernel = (layer: string) => context.weight(`${name}.${layer}.kernel`) as Tensor4D;
    const activated = relu(normalise(`${name}.bn1`, inputs, context));
    const first = kernel('conv1');
    const inner = relu(normalise(`${name}.bn2`, convolve(activated, first, stride), context));
    const changes = first.shape[2] !== first.shape[3];
    return add(convolve(inner, kernel('conv2'), 1), changes ? convolve(activated, kernel('shortcut'), stride) : inputs);
  },
  addTo: (graph, { name, filters, stride }, input, inputShape) => {
    const channels = imageShape(inputShape, name)[2];
    const conv = (layer: string, from: string, shape: KernelShape, by: number) =>
      addConvolution(graph, `${name}.${layer}`, from, shape, by, {
        kernel: { from: `${name}.${layer}.kernel`, shape },
      });
    const activated = addRelu(graph, addNorm(graph, `${name}.bn1`, input, channels));
    const first = conv('conv1', activated, [3, 3, channels, filters], stride);
    const inner = addRelu(graph, addNorm(graph, `${name}.bn2`, first, filters));
    const second = conv('conv2', inner, [3, 3, filters, filters], 1);
    const shortcut = channels === filters ? input : conv('shortcut', activated, [1, 1, channels, filters], stride);
    return graph.add('Add', `${name}.sum`, {}, [second, shortcut]);
  },
};

function heKernel(shape: KernelShape): WeightSpec {
  const [height, width, , filters] = shape;
  return { shape, role: 'parameter', initial: heFanOut(height * width * filters) };
}
