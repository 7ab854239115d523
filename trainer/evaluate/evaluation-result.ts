import type { MarginStatus } from '../../core/margin/margin-search.js';
import type { AttackNorm } from '../../core/margin/threat-model.js';
import type { MarginHistogram } from '../../core/registry/manifest.js';
import type { TrainingHistory } from '../mma/training-history.js';
import type { Interval } from './wilson-interval.js';

/** One model, or several whose answers are averaged. */
export interface Subject {
  /** For people: `mnist 3`, or `mnist 3 + mnist 4`. */
  readonly title: string;
  readonly members: readonly { readonly model: string; readonly version: number }[];
  /** One name per class. */
  readonly labels: readonly string[];
  readonly inputShape: readonly [number, number, number];
  /** How each member was trained, as its manifest says it. */
  readonly origins: readonly unknown[];
}

/** Everything that decides what an evaluation finds, but for the model, the data and the engine. Plain JSON. */
export interface EvaluationPlan {
  readonly norm: AttackNorm;
  /** The largest distance that margins are searched up to. */
  readonly maxDistance: number;
  /** How many of the first test examples clean accuracy, robust accuracy and margins are measured on; 0: that part is left out. */
  readonly cleanExamples: number;
  readonly robustExamples: number;
  readonly marginExamples: number;
  /** ε at which robust accuracy is measured, ascending. */
  readonly epsilons: readonly number[];
  /** ε at which AutoAttack is run; empty: it is not. */
  readonly autoAttackEpsilons: readonly number[];
  readonly whiteBox: {
    readonly iterations: number;
    /** Half of them ascend CE, half CW. */
    readonly restarts: number;
    /** The length of a step, in ε. */
    readonly stepFraction: number;
  };
  /** What one margin may cost, in gradient evaluations, and which attack measures it. */
  readonly marginAttack: string;
  readonly marginBudget: number;
  /** Whether the checks for gradient masking are made. */
  readonly maskingChecks: boolean;
  /** A decimal number of up to 64 bits. */
  readonly seed: string;
}

/** The fraction of examples that no attack of a kind changes, at one ε. */
export interface RobustAccuracy {
  readonly epsilon: number;
  readonly examples: number;
  /** 0 to 1: correct, and robust to every attack and restart. */
  readonly accuracy: number;
  /** Where it lies of all examples, at 95 % confidence. */
  readonly interval: Interval;
  /** What each attack did, in the order in which they ran; an attack meets only what the ones before it left. */
  readonly attacks: readonly { readonly attack: string; readonly attempted: number; readonly broken: number }[];
}

/** What was found for one example. */
export interface ExampleMargin {
  /** In the test split. */
  readonly index: number;
  readonly label: number;
  readonly predictedClass: number;
  readonly status: MarginStatus;
  /** ‖δ‖; 0 if misclassified, the largest distance if none was found. */
  readonly distance: number;
  readonly adversarialClass: number;
  /** Which attack found it. */
  readonly attack: string;
}

export interface MarginStatistics {
  readonly examples: number;
  /** A misclassified example counts 0, one for which nothing was found the largest distance. */
  readonly mean: number;
  readonly quartiles: readonly [number, number, number];
  /** 0 to 1: nothing was found up to the largest distance. */
  readonly notFoundFraction: number;
  readonly notFoundInterval: Interval;
  readonly misclassifiedFraction: number;
  readonly misclassifiedInterval: Interval;
}

export interface MarginReport extends MarginStatistics {
  readonly attack: string;
  /** The most that one example cost. */
  readonly gradientEvaluations: number;
  readonly histogram: MarginHistogram;
  readonly byClass: readonly (MarginStatistics & { readonly label: number })[];
  /** How many of the perturbations each attack found. */
  readonly byAttack: readonly { readonly attack: string; readonly found: number }[];
  readonly each: readonly ExampleMargin[];
  /** The closest and the farthest of the examples for which something was found. */
  readonly closest: readonly ShownExample[];
  readonly farthest: readonly ShownExample[];
}

/** An example with its perturbation, to be shown. */
export interface ShownExample extends ExampleMargin {
  /** x and δ as little-endian float32 [h, w, c], in base64. */
  readonly input: string;
  readonly perturbation: string;
}

/** A sign that gradients mislead attacks, and distances with them. */
export interface MaskingCheck {
  /** `gradient-free-stronger`, `zero-gradients`, `attacks-disagree`, `not-zero-at-huge-epsilon`. */
  readonly check: string;
  readonly raised: boolean;
  /** What was seen, with its numbers, for people. */
  readonly reason: string;
}

/** What one shard, or a whole evaluation, found. Plain JSON. */
export interface EvaluationResult {
  readonly format: 1;
  readonly subject: Subject;
  readonly dataset: { readonly name: string; readonly split: 'test'; readonly fingerprint: string };
  readonly plan: EvaluationPlan;
  readonly engine: string;
  readonly codeVersion: string;
  readonly cleanExamples: number;
  /** 0 to 1. */
  readonly cleanAccuracy: number;
  /** Where it lies of all examples, at 95 % confidence; [0, 1] if it was not measured. */
  readonly cleanInterval: Interval;
  /** By the paper's white-box protocol, one an ε of the grid. */
  readonly whiteBox: readonly RobustAccuracy[];
  readonly autoAttack: readonly RobustAccuracy[];
  /**
   * The clean accuracy of the attacked examples alone, which begins the white-box grid as its ε = 0: all of them are attacked at every ε,
   * and they are fewer than the clean accuracy is of, as a rule. Undefined without a grid.
   */
  readonly attackedClean?:
    { readonly examples: number; readonly accuracy: number; readonly interval: Interval } | undefined;
  /** Means over the clean accuracy of the attacked examples and the grid, and over the grid alone (paper, evaluation); undefined without a grid. */
  readonly avgAcc?: number | undefined;
  readonly avgAccInterval?: Interval | undefined;
  readonly avgRobAcc?: number | undefined;
  readonly avgRobAccInterval?: Interval | undefined;
  readonly margins?: MarginReport | undefined;
  readonly masking: readonly MaskingCheck[];
  /** What its attacks cost in sum over all examples. */
  readonly cost: {
    readonly gradientEvaluations: number;
    readonly forwardEvaluations: number;
    readonly seconds: number;
  };
  /** How the model was trained, where that is known and there is one. */
  readonly history?: TrainingHistory | undefined;
}
