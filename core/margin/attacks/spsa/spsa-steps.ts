import { add, concat, div, mul, reshape, slice, sqrt, square, sub, sum, tile, zerosLike } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { Compile, CompileHints, TensorMap } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { perExample, pointAt } from '../../box.js';
import { geometryOf } from '../../geometries.js';
import type { ThreatModel } from '../../threat-model.js';
import type { Aim } from '../attack.js';
import { betterOf, climbLossesOf, nothingTried, scored, type Climb, type ClimbProblem } from '../climb.js';

/** How far apart the two sides of a difference are from the point, as a share of the box (Uesato et al. 2018). */
const REACH = 0.01;

/** Adam's (Kingma and Ba 2014, arXiv:1412.6980). */
export const FIRST_DECAY = 0.9;
export const SECOND_DECAY = 0.999;

/** Keeps 0 / 0 from becoming NaN where a model is flat. Losses are brought to a spread of about 1, so nothing else is as small. */
const FLAT = 1e-12;

/** Where SPSA stands: the best δ, and the one that moves. */
export type Ascent = Climb & {
  /** δ, [n, h, w, c], inside ball and box. */
  readonly moving: Tensor4D;
  /** Σ (L(x + δ + cv) − L(x + δ − cv)) v over the directions so far of this iteration. */
  readonly slopes: Tensor4D;
  /** Moments of the estimated gradients. */
  readonly first: Tensor4D;
  readonly second: Tensor4D;
};

/** What is estimated at δ: ascents have it. */
export type Slope = Pick<Ascent, 'moving' | 'slopes'>;

export type SpsaProblem = ClimbProblem & {
  /** What brings each input's losses to a spread of about 1, [n]. */
  readonly scales: Tensor1D;
};

/** What SPSA is made of: pure functions, compiled once for a classifier, a norm, bounds and an aim. */
export interface SpsaSteps {
  /** From a random point of the ball: one forward evaluation. @param uniforms in [0, 1), of the inputs' shape */
  readonly start: (weights: TensorMap, problem: SpsaProblem, best: Climb, uniforms: Tensor4D) => Ascent;
  /** The slopes once those along some directions, [k, n, h, w, c], are added: 2k forward evaluations. */
  readonly probe: (weights: TensorMap, problem: SpsaProblem, slope: Slope, directions: Tensor5D) => Tensor4D;
  /** Moves along the slopes: one forward evaluation. @param rate the step of a value in radii, and the corrections 1 / (1 − βᵗ) of both moments, [3] */
  readonly move: (weights: TensorMap, problem: SpsaProblem, ascent: Ascent, rates: Tensor1D) => Ascent;
}

/** An attack is made for one model: its weights hardly ever change. */
const HINTS: CompileHints = { callsPerWeights: Infinity };

/** Compiles the steps of SPSA. */
export function compileSpsaSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  { norm, bounds }: ThreatModel,
  aim: Aim,
): SpsaSteps {
  const geometry = geometryOf(norm);
  const losses = climbLossesOf(aim);
  const reach = REACH * (bounds.upper - bounds.lower);
  const tried = (weights: TensorMap, { inputs, classes }: ClimbProblem, perturbations: Tensor4D): Climb =>
    scored(losses, perturbations, classifier(weights, pointAt(inputs, perturbations, bounds)), classes);

  return {
    start: compile((weights: TensorMap, problem: SpsaProblem, best: Climb, uniforms: Tensor4D): Ascent => {
      const { inputs, radii } = problem;
      const moving = geometry.randomStart(inputs, radii, uniforms, bounds);
      const known: Climb = { perturbations: best.perturbations, losses: nothingTried(inputs).losses, done: best.done };
      const climb = betterOf(known, tried(weights, problem, moving));
      return { ...climb, moving, slopes: zerosLike(moving), first: zerosLike(moving), second: zerosLike(moving) };
    }, HINTS),

    probe: compile((weights: TensorMap, problem: SpsaProblem, slope: Slope, directions: Tensor5D): Tensor4D => {
      const { inputs, classes, scales } = problem;
      const [count, examples, ...image] = directions.shape;
      const offsets = mul(reshape<Rank.R4>(directions, [count * examples, ...image]), reach);
      const centres: Tensor4D = tile(pointAt(inputs, slope.moving, bounds), [count, 1, 1, 1]);
      const logits: Tensor2D = classifier(weights, concat([add(centres, offsets), sub(centres, offsets)]));
      const values = reshape<Rank.R2>(losses.margin(logits, tile(classes, [2 * count])), [2, count * examples]);
      const [above, below] = [slice(values, [0, 0], [1, -1]), slice(values, [1, 0], [1, -1])];
      const differences = mul(reshape<Rank.R2>(sub(above, below), [count, examples]), scales);
      const slopes: Tensor4D = sum(mul(reshape(differences, [count, examples, 1, 1, 1]), directions), 0);
      return add(slope.slopes, slopes);
    }, HINTS),

    // m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  δ ← Π(δ + α m̂ / √v̂)
    move: compile((weights: TensorMap, problem: SpsaProblem, ascent: Ascent, rates: Tensor1D): Ascent => {
      const { inputs, radii } = problem;
      const rate = (index: number): Tensor1D => slice(rates, [index], [1]);
      const first: Tensor4D = add(mul(ascent.first, FIRST_DECAY), mul(ascent.slopes, 1 - FIRST_DECAY));
      const second: Tensor4D = add(mul(ascent.second, SECOND_DECAY), mul(square(ascent.slopes), 1 - SECOND_DECAY));
      const direction = div(mul(first, rate(1)), add(sqrt(mul(second, rate(2))), FLAT));
      const step: Tensor4D = mul(perExample(mul(radii, rate(0))), direction);
      const moving = geometry.project(inputs, add(ascent.moving, step), radii, bounds);
      const { perturbations, losses: best, done } = betterOf(ascent, tried(weights, problem, moving));
      return { perturbations, losses: best, done, moving, slopes: zerosLike(moving), first, second };
    }, HINTS),
  };
}
