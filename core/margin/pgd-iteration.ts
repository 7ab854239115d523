import { add, grad, mul, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from './box.js';
import type { NormGeometry } from './geometry.js';
import { sharpened, type Loss } from './losses.js';
import type { Bounds } from './threat-model.js';

/** A classifier in evaluation mode: inputs [n, h, w, c] → logits [n, k]; pure, each example for itself. */
export type Classifier = (inputs: Tensor4D) => Tensor2D;

/**
 * ∇ₓ L(f(x), y) for each example: the gradient of the summed loss, since each example's loss depends on its own input alone.
 *
 * @param inputs [n, h, w, c] float32
 * @param labels [n] int32
 * @returns [n, h, w, c]; the caller disposes it
 */
export function inputGradient(classifier: Classifier, loss: Loss, inputs: Tensor4D, labels: Tensor1D): Tensor4D {
  return grad((x) => sum(loss(classifier(x as Tensor4D), labels)))(inputs) as Tensor4D;
}

/** What one PGD iteration takes, batched. */
export type PgdState = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** y, [n] int32. */
  readonly labels: Tensor1D;
  /** δ, [n, h, w, c], inside ball and box. */
  readonly perturbations: Tensor4D;
  /** ε, [n], the radius of each example's ball. */
  readonly radii: Tensor1D;
  /** α, [n], the length of each example's step. */
  readonly stepSizes: Tensor1D;
  /** β, [n]: the loss is of logits that are brought to a spread (see sharpness.ts); absent: of the logits as they are, as the paper has it. */
  readonly sharpness?: Tensor1D;
};

/**
 * One iteration of projected gradient ascent: δ ← Π(δ + α · argmax_{‖u‖≤1} ⟨∇L(x + δ), u⟩) (Algorithm 1, step 1).
 *
 * One gradient evaluation. Pure, static shapes, no reads.
 *
 * @returns the next δ, [n, h, w, c]; the caller disposes it
 */
export function pgdIteration(
  classifier: Classifier,
  loss: Loss,
  geometry: NormGeometry,
  bounds: Bounds,
  state: PgdState,
): Tensor4D {
  const { sharpness } = state;
  const ascended = sharpness === undefined ? loss : sharpened(loss, sharpness);
  const gradients = inputGradient(classifier, ascended, add(state.inputs, state.perturbations), state.labels);
  const moved: Tensor4D = add(
    state.perturbations,
    mul(perExample(state.stepSizes), geometry.steepestAscent(gradients)),
  );
  return geometry.project(state.inputs, moved, state.radii, bounds);
}
