import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../../engine/engine.js';
import type { NormGeometry } from '../../../geometry.js';
import type { Loss } from '../../../losses.js';
import type { Bounds } from '../../../threat-model.js';
import type { FixedNormRequest } from '../../attack.js';

/** What a run within balls works on; batched. */
export type BallProblem = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The class to leave or to reach, [n] int32. */
  readonly classes: Tensor1D;
  /** The class that this run leads towards, [n] int32, of a method that chooses one; else the same as `classes`. */
  readonly targets: Tensor1D;
  /** ε, [n]. */
  readonly radii: Tensor1D;
  /** β, [n]: how sharply soft losses prefer the nearest class (see sharpness.ts). */
  readonly sharpness: Tensor1D;
};

/** Where a run stands: δ, [n, h, w, c], inside ball and box, which is tried next, and what else the method remembers. */
export type BallState = TensorMap & { readonly perturbations: Tensor4D };

/** What is known at x + δ after one forward and one backward evaluation. */
export type Explored = {
  /** L, [n]. */
  readonly losses: Tensor1D;
  /** ∇L as far as steps follow it, [n, h, w, c]. */
  readonly gradients: Tensor4D;
};

/** Where perturbations may lie. */
export interface BallSpace {
  readonly geometry: NormGeometry;
  readonly bounds: Bounds;
  /** Brings δ into ball and box, in float64 too. */
  readonly project: (problem: BallProblem, perturbations: Tensor4D) => Tensor4D;
  /** A random δ in ball and box, in float64 too, from uniform numbers in [0, 1) of the inputs' shape. */
  readonly randomStart: (problem: BallProblem, uniforms: Tensor4D) => Tensor4D;
}

/** What tells one method of gradient ascent within balls from another; pure functions. */
export interface BallMethod<S extends BallState> {
  /** L: what is ascended. */
  readonly loss: (problem: BallProblem) => Loss;
  /** What the best of what does not succeed is judged by, where L of different runs does not compare; default L. */
  readonly rank?: (problem: BallProblem) => Loss;
  /** A random δ to start from, from uniform numbers in [0, 1) of the inputs' shape; default the space's. */
  readonly start?: (space: BallSpace, problem: BallProblem, uniforms: Tensor4D) => Tensor4D;
  /** Whether δ may lie outside of the ball on the way, where it does not count; default false. */
  readonly strays?: boolean;
  /** Where a run stands before its first iteration. */
  readonly open: (problem: BallProblem, start: Tensor4D) => S;
  /** What one iteration takes, one row an iteration, all rows of one length. @param stepFraction of the request, for methods whose steps have one length */
  readonly strides: (iterations: number, stepFraction?: number) => readonly (readonly number[])[];
  /** Where a run stands after an iteration. */
  readonly advance: (
    space: BallSpace,
    problem: BallProblem,
    state: S,
    explored: Explored,
    stride: readonly Scalar[],
  ) => S;
  /** The classes that the runs of a restart, from 0 on, lead towards, one an input, the class to leave being none; default one run, towards no class. */
  readonly targets?: (request: FixedNormRequest, restart: number) => readonly (readonly number[])[];
}
