import { fill, greaterEqual, logicalAnd, logicalNot, logicalOr, where, zeros } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../box.js';
import { logitMargin, reaching, type Loss } from '../losses.js';
import type { Aim } from './attack.js';
import { successOf } from './success.js';

/** Below every loss. */
const LOWEST = -3e38;

/** What an attack without gradients works on; batched. */
export type ClimbProblem = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The classes to leave or to reach, [n] int32. */
  readonly classes: Tensor1D;
  /** ε, [n]. */
  readonly radii: Tensor1D;
};

/** Where an attack without gradients stands; batched. */
export type Climb = {
  /** δ, [n, h, w, c], inside ball and box. */
  readonly perturbations: Tensor4D;
  /** L(x + δ), [n]. */
  readonly losses: Tensor1D;
  /** Whether δ succeeds, [n] bool: then it stays. */
  readonly done: Tensor1D;
};

/** What is climbed, the logit margin, and what counts as success. */
export interface ClimbLosses {
  readonly margin: Loss;
  readonly success: Loss;
}

export const climbLossesOf = (aim: Aim): ClimbLosses => ({
  margin: aim === 'leave' ? logitMargin : reaching(logitMargin),
  success: successOf(aim),
});

/** Nothing tried yet; the caller disposes it. */
export function nothingTried({ shape }: Tensor4D): Climb {
  const count = shape[0];
  return { perturbations: zeros(shape), losses: fill([count], LOWEST), done: zeros([count], 'bool') };
}

/** What is known of some δ from the logits at x + δ. */
export function scored(
  { margin, success }: ClimbLosses,
  perturbations: Tensor4D,
  logits: Tensor2D,
  classes: Tensor1D,
): Climb {
  return { perturbations, losses: margin(logits, classes), done: greaterEqual(success(logits, classes), 0) };
}

/** The next state where each example either moves to another one or stays. */
export function chosen(moves: Tensor1D, next: Climb, stays: Climb): Climb {
  return {
    perturbations: where(perExample(moves), next.perturbations, stays.perturbations),
    losses: where(moves, next.losses, stays.losses),
    done: logicalOr(stays.done, logicalAnd(moves, next.done)),
  };
}

/** Of two states the better one, example by example: what succeeds, else the larger loss; of equals the second. */
export function betterOf(first: Climb, second: Climb): Climb {
  const succeeds = logicalAnd(second.done, logicalNot(first.done));
  const climbs = logicalAnd(logicalNot(first.done), greaterEqual(second.losses, first.losses));
  return chosen(logicalOr(succeeds, climbs), second, first);
}
