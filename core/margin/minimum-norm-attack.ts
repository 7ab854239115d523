import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import type { Proceed } from './pace.js';

/** What a search for shortest perturbations takes; tensors stay the caller's. */
export interface AttackRequest {
  readonly weights: TensorMap;
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The class to leave, or, targeted, the class to reach; one an input. */
  readonly classes: readonly number[];
  /** z at x, one row an input. */
  readonly logits: readonly Float32Array[];
  /** What each input's random numbers are drawn from, one an input, so that no answer depends on its neighbours. */
  readonly seeds: readonly bigint[];
  /** The largest ‖δ‖ that is looked for. */
  readonly maxDistance: number;
  /** At least 1. */
  readonly maxGradientEvaluations: number;
  readonly proceed: Proceed;
}

/** What a search found. */
export interface AttackOutcome {
  /** The shortest successful δ known, [n, h, w, c]; 0 where there is none. The caller disposes it. */
  readonly perturbations: Tensor4D;
  /** What was spent on each input. */
  readonly gradientEvaluations: number;
  /** Whether the plan was run to its end, and the budget sufficed for one. */
  readonly converged: boolean;
}

/** A search for the shortest perturbation that changes an answer. */
export interface MinimumNormAttack {
  readonly name: string;
  find(request: AttackRequest): Promise<AttackOutcome>;
}
