import { add, concat, mul, reshape, slice, sub, sum, tile, zerosLike } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../../engine/engine.js';
import type { WeightedClassifier } from '../../../attack-steps.js';
import { perExample, pointAt } from '../../../box.js';
import { geometryOf } from '../../../geometries.js';
import type { ThreatModel } from '../../../threat-model.js';
import type { Aim } from '../../attack.js';
import { gradientFreeAscent, type AscentProblem } from '../../steps/gradient-free-ascent.js';
import type { Strongest } from '../../steps/strongest.js';

/** How far apart the two sides of a difference are from the point, as a fraction of the box (Uesato et al. 2018). */
const REACH = 0.01;

/** By how much less the gradients of the iteration before count: little enough that a whole turn of directions does, 16 iterations on MNIST. */
const DECAY = 0.95;

/** Where SPSA stands: the best δ, and the one that moves. */
export type Ascent = Strongest & {
  /** δ, [n, h, w, c], inside ball and box. */
  readonly moving: Tensor4D;
  /** Σ (L(x + δ + cv) − L(x + δ − cv)) v over the directions so far of this iteration. */
  readonly slopes: Tensor4D;
  /** The sum of the estimated gradients, those of long ago counting less. */
  readonly momentum: Tensor4D;
};

/** What is estimated at δ: ascents have it. */
export type Slope = Pick<Ascent, 'moving' | 'slopes'>;

/** What SPSA is made of: pure functions, compiled once for a classifier, a norm, bounds and an aim. */
export interface SpsaSteps {
  /** From a random point of the ball: one forward evaluation. @param uniforms in [0, 1), of the inputs' shape */
  readonly start: (weights: TensorMap, problem: AscentProblem, best: Strongest, uniforms: Tensor4D) => Ascent;
  /** The slopes once those along some directions, [k, n, h, w, c], are added: 2k forward evaluations. */
  readonly probe: (weights: TensorMap, problem: AscentProblem, slope: Slope, directions: Tensor5D) => Tensor4D;
  /** Moves along the momentum: one forward evaluation. @param step its length in radii */
  readonly move: (weights: TensorMap, problem: AscentProblem, ascent: Ascent, step: Scalar) => Ascent;
}

/** Compiles the steps of SPSA. */
export function compileSpsaSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  aim: Aim,
): SpsaSteps {
  const { norm, bounds } = threat;
  const geometry = geometryOf(norm);
  const { margin, tryFirst, tryNext } = gradientFreeAscent(classifier, threat, aim);
  const reach = REACH * (bounds.upper - bounds.lower);

  return {
    start: compile((weights: TensorMap, problem: AscentProblem, best: Strongest, uniforms: Tensor4D): Ascent => {
      const { inputs, radii } = problem;
      const moving = geometry.randomStart(inputs, radii, uniforms, bounds);
      return {
        ...tryFirst(weights, problem, best, moving),
        moving,
        slopes: zerosLike(moving),
        momentum: zerosLike(moving),
      };
    }, LASTING_WEIGHTS),

    probe: compile((weights: TensorMap, problem: AscentProblem, slope: Slope, directions: Tensor5D): Tensor4D => {
      const { inputs, classes } = problem;
      const [count, examples, ...image] = directions.shape;
      const offsets = mul(reshape<Rank.R4>(directions, [count * examples, ...image]), reach);
      const centres: Tensor4D = tile(pointAt(inputs, slope.moving, bounds), [count, 1, 1, 1]);
      const logits: Tensor2D = classifier(weights, concat([add(centres, offsets), sub(centres, offsets)]));
      const values = reshape<Rank.R2>(margin(logits, tile(classes, [2 * count])), [2, count * examples]);
      const [above, below] = [slice(values, [0, 0], [1, -1]), slice(values, [1, 0], [1, -1])];
      const differences = reshape<Rank.R5>(sub(above, below), [count, examples, 1, 1, 1]);
      const slopes: Tensor4D = sum(mul(differences, directions), 0);
      return add(slope.slopes, slopes);
    }, LASTING_WEIGHTS),

    // m ← βm + g;  δ ← Π(δ + αε · argmax_{‖u‖≤1} ⟨m, u⟩)
    move: compile((weights: TensorMap, problem: AscentProblem, ascent: Ascent, step: Scalar): Ascent => {
      const { inputs, radii } = problem;
      const momentum: Tensor4D = add(mul(ascent.momentum, DECAY), ascent.slopes);
      const raised: Tensor4D = mul(perExample(mul(radii, step)), geometry.steepestAscent(momentum));
      const moving = geometry.project(inputs, add(ascent.moving, raised), radii, bounds);
      return { ...tryNext(weights, problem, ascent, moving), moving, slopes: zerosLike(moving), momentum };
    }, LASTING_WEIGHTS),
  };
}
