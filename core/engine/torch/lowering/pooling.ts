import type { Pooling, PoolingAttributes } from '../../graph/ops/pooling.js';
import type { Slot, StepAttributes } from '../torch-program.js';
import type { Emitter, Lowerings } from './lowering.js';
import { slidingAttributes } from './sliding.js';

const poolingAttributes = (pooling: Pooling): StepAttributes => ({ ...slidingAttributes(pooling), size: pooling.size });

/** The maxima, and where they are. */
const maxima = (emitter: Emitter, images: Slot, pooling: Pooling): readonly Slot[] =>
  emitter.steps('maxPool', [images], poolingAttributes(pooling), 2);

export const POOLING: Lowerings<keyof PoolingAttributes> = {
  maxPool: (node, emitter) => maxima(emitter, emitter.operands(node)[0] ?? 0, node.attrs)[0] ?? 0,
  maxPoolGradient: (node, emitter) => {
    const [dy = 0, images = 0] = emitter.operands(node);
    const places = maxima(emitter, images, node.attrs)[1] ?? 0;
    return emitter.step('maxPoolGradient', [dy, images, places], poolingAttributes(node.attrs));
  },
  avgPool: (node, emitter) => emitter.step('avgPool', emitter.operands(node), poolingAttributes(node.attrs)),
  avgPoolGradient: (node, emitter) =>
    emitter.step('avgPoolGradient', emitter.operands(node), {
      ...poolingAttributes(node.attrs),
      imageShape: node.shape,
    }),
};
