import { max, reshape, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

const flat = (values: Tensor4D): Tensor2D => reshape(values, [values.shape[0], -1]);

/** Σⱼ vⱼ of each image, [n, h, w, c] → [n]. */
export const totals = (values: Tensor4D): Tensor1D => sum(flat(values), 1);

/** maxⱼ vⱼ of each image, [n, h, w, c] → [n]. */
export const maxima = (values: Tensor4D): Tensor1D => max(flat(values), 1);
