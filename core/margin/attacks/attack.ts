import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../../engine/engine.js';
import type { WeightedClassifier } from '../attack-steps.js';
import type { ShouldContinue } from '../pace.js';
import type { AttackNorm, ThreatModel } from '../threat-model.js';
import type { Milestone } from './steps/search-trace.js';

/** What an attack is to do with the class that it is given of each input: lead away from it, or to it. */
export type Aim = 'untargeted' | 'targeted';

/** What every attack takes; tensors stay the caller's. */
export interface AttackProblem {
  readonly weights: TensorMap;
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The class to leave, or, where that is the aim, to reach; one an input. */
  readonly classes: readonly number[];
  /** z at x, one row an input. */
  readonly logits: readonly Float32Array[];
  /** What each input's random numbers are drawn from, one an input, so that no answer depends on its neighbours. */
  readonly seeds: readonly bigint[];
  readonly shouldContinue: ShouldContinue;
}

/** What a search for shortest perturbations takes. */
export interface MinimumNormRequest extends AttackProblem {
  /** The largest ‖δ‖ that is looked for. */
  readonly maxDistance: number;
  /** At least 1. */
  readonly maxGradientEvaluations: number;
}

/** What an attack within balls takes. */
export interface FixedNormRequest extends AttackProblem {
  /** ε > 0, one an input: the largest ‖δ‖ that counts. */
  readonly radii: readonly number[];
  /** Iterations of each run, at least 1. One costs one gradient evaluation, or, in an attack without gradients, as many forward ones as it says. */
  readonly iterations: number;
  /** Runs from starts of their own, at least 1. */
  readonly restarts: number;
  /** The length of a step in radii, in attacks whose steps all have one length; undefined: the attack's own. */
  readonly stepFraction?: number | undefined;
}

/** What an attack found. */
export interface AttackOutcome {
  /**
   * δ, [n, h, w, c], x + δ inside the bounds: the shortest one known to succeed, or, of an attack within a ball, any that does; where none is
   * known, 0, or the one whose loss is largest. Whoever reports it classifies x + δ again. The caller disposes it.
   */
  readonly perturbations: Tensor4D;
  /** What was spent on each input. */
  readonly gradientEvaluations: number;
  /** What was spent on each input beside those, where an attack lives on them. */
  readonly forwardEvaluations?: number;
  /** Whether the plan was run to its end: false if `shouldContinue` stopped it before. */
  readonly complete: boolean;
}

/** What a search for shortest perturbations found. */
export interface MinimumNormOutcome extends AttackOutcome {
  /** How the shortest came about, ascending; what is found after the last milestone is told by the perturbations. */
  readonly trace: readonly Milestone[];
  /** Which attack found each perturbation, where several had a part; else it is the attack itself. */
  readonly foundBy?: readonly string[];
}

/** A search for the shortest perturbation that succeeds. */
export interface MinimumNormAttack {
  readonly name: string;
  find(request: MinimumNormRequest): Promise<MinimumNormOutcome>;
}

/** A search for any perturbation of at most a length that succeeds. */
export interface FixedNormAttack {
  readonly name: string;
  find(request: FixedNormRequest): Promise<AttackOutcome>;
}

/** An attack as one file; minimum-norm-attacks.ts and fixed-norm-attacks.ts list them. */
export interface AttackKind<A extends MinimumNormAttack | FixedNormAttack> {
  readonly name: string;
  /** The norms that the method is defined for. */
  readonly norms: readonly AttackNorm[];
  readonly aims: readonly Aim[];
  /** Compiles its pure functions once for a classifier, a norm, bounds and an aim. */
  compile(compile: Compile, classifier: WeightedClassifier, threat: ThreatModel, aim: Aim): A;
}
