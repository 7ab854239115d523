import { abs, div, maximum, minimum, mul } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from './box.js';
import { maxima } from './per-image.js';

/** Below this length a vector counts as zero: dividing by it instead of by the length keeps 0 / 0 from becoming NaN. */
export const LEAST_LENGTH = 1e-12;

/** The same for the largest element of a gradient, which may be far smaller where a classifier is saturated. */
export const LEAST_ELEMENT = 1e-37;

/** The same for the length of a gradient that a distance is divided by: the quotient stays within float32. */
export const LEAST_SLOPE = 1e-30;

/** The largest distance between neighbouring numbers of float32, as a fraction of their size. */
export const SPACING = 2 ** -23;

/** v / ‖v‖, [n, h, w, c]; 0 where v is. @param lengths ‖v‖, [n] */
export const unitVectors = (vectors: Tensor4D, lengths: Tensor1D): Tensor4D =>
  div(vectors, perExample(maximum(lengths, LEAST_LENGTH)));

/** min(1, r / ‖δ‖), [n]: what brings δ into the ball of radius r. @param lengths ‖δ‖, [n] */
export const fractionInBall = (lengths: Tensor1D, radii: Tensor1D): Tensor1D =>
  minimum(div(radii, maximum(lengths, LEAST_LENGTH)), 1);

/** δ · min(1, r / ‖δ‖), [n, h, w, c]. @param lengths ‖δ‖, [n] */
export const drawnIntoBall = (perturbations: Tensor4D, lengths: Tensor1D, radii: Tensor1D): Tensor4D =>
  mul(perturbations, perExample(fractionInBall(lengths, radii)));

/** maxⱼ |gⱼ| of each image, [n], but no less than what can be divided by. */
export const largestElements = (gradients: Tensor4D): Tensor1D => maximum(maxima(abs(gradients)), LEAST_ELEMENT);

/** Gradients whose largest element is of size 1; 0 where they are 0. Squares of them stay within float32. */
export const scaledToOne = (gradients: Tensor4D): Tensor4D => div(gradients, perExample(largestElements(gradients)));
