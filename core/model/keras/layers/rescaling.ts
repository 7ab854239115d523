import { add, mul } from '@tensorflow/tfjs-core';
import { elementwise } from '../keras-layer.js';

/** scale · x + offset. */
export const rescalingLayer = elementwise(
  (options) => ({ scale: options.real('scale', 1), offset: options.real('offset', 0) }),
  ({ scale, offset }, values) => add(mul(values, scale), offset),
);
