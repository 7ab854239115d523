import {
  conv2d,
  logSoftmax,
  matMul,
  maxPool,
  mean,
  mul,
  neg,
  relu,
  reshape,
  sub,
  sum,
  tensor2d,
  tensor4d,
  tidy,
  valueAndGrads,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { DomainError } from '../../errors.js';
import { createRandom } from '../../random.js';
import type { Compile } from '../engine.js';

const IMAGES = 16;
const SIDE = 8;
const CLASSES = 4;
const FILTERS = 6;
const STEPS = 30;
const LEARNING_RATE = 0.5;
/** How far the loss goes along its gradient for the check, and how well the gradient must foretell the change, relative. */
const CHECK_STEP = 1e-2;
const CHECK_TOLERANCE = 0.05;

/** f(x) of a convolution, a rectifier, a pooling and a dense layer; L = mean cross-entropy. */
function loss(filter: Tensor4D, dense: Tensor2D, images: Tensor4D, labels: Tensor2D): Scalar {
  const features = maxPool(relu(conv2d(images, filter, 1, 'same')), 2, 2, 'valid');
  const logits = matMul(reshape<Rank.R2>(features, [IMAGES, -1]), dense);
  return mean<Scalar>(neg(sum(mul(labels, logSoftmax(logits)), -1)));
}

/**
 * Trains a small classifier by gradient descent on one batch, and checks the first gradient g by L(w) − L(w − ε·g/‖g‖) ≈ ε·‖g‖.
 *
 * @returns its mean cross-entropy before and after
 * @throws DomainError `failed-precondition` if the gradient is wrong or the loss does not fall to half
 */
export function trainSmallClassifier(compile: Compile): { lossBefore: number; lossAfter: number } {
  const step = compile((filter: Tensor4D, dense: Tensor2D, images: Tensor4D, labels: Tensor2D) =>
    tidy(() => {
      const { value, grads } = valueAndGrads((f, d) => loss(f as Tensor4D, d as Tensor2D, images, labels))([
        filter,
        dense,
      ]);
      return { value, gradients: grads };
    }),
  );
  return tidy(() => {
    const { images, labels, filter, dense } = beginning();
    let weights: [Tensor4D, Tensor2D] = [filter, dense];
    const run = (at: [Tensor4D, Tensor2D]): { value: number; gradients: Tensor[] } => {
      const { value, gradients } = step(...at, images, labels);
      return { value: value.dataSync()[0] ?? NaN, gradients };
    };
    const move = (gradients: readonly Tensor[], rate: number): [Tensor4D, Tensor2D] =>
      weights.map((weight, i) => sub(weight, mul(gradients[i] as Tensor, rate))) as [Tensor4D, Tensor2D];

    const first = run(weights);
    const norm = Math.sqrt(first.gradients.reduce((total, g) => total + (sum(mul(g, g)).dataSync()[0] ?? NaN), 0));
    const foretold = CHECK_STEP * norm;
    const change = first.value - run(move(first.gradients, CHECK_STEP / norm)).value;
    if (!(Math.abs(change - foretold) <= CHECK_TOLERANCE * foretold))
      throw new DomainError(
        'failed-precondition',
        `its gradient is wrong: expected the loss to change by ${foretold}, got ${change}`,
      );

    for (let i = 0; i < STEPS; i++) weights = move(run(weights).gradients, LEARNING_RATE);
    const lossAfter = run(weights).value;
    if (!(lossAfter < first.value / 2))
      throw new DomainError(
        'failed-precondition',
        `it does not train: expected a loss below half of ${first.value}, got ${lossAfter}`,
      );
    return { lossBefore: first.value, lossAfter };
  });
}

function beginning() {
  const random = createRandom(1);
  const normals = (count: number, scale: number): number[] =>
    Array.from({ length: count }, () => scale * random.normal());
  const classes = Array.from({ length: IMAGES }, (_, i) => i % CLASSES);
  const patterns = Array.from({ length: CLASSES }, () => normals(SIDE * SIDE, 1));
  const pixels = classes.flatMap((label) =>
    normals(SIDE * SIDE, 0.3).map((noise, i) => noise + (patterns[label]?.[i] ?? 0)),
  );
  const features = FILTERS * (SIDE / 2) ** 2;
  return {
    images: tensor4d(pixels, [IMAGES, SIDE, SIDE, 1]),
    labels: tensor2d(classes.map((label) => Array.from({ length: CLASSES }, (_, i) => Number(i === label)))),
    filter: tensor4d(normals(9 * FILTERS, 1 / 3), [3, 3, 1, FILTERS]),
    dense: tensor2d(normals(features * CLASSES, 1 / Math.sqrt(features)), [features, CLASSES]),
  };
}
