import { mul, reshape, slice, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { perExample, pointAt } from '../../box.js';
import { geometryOf } from '../../geometries.js';
import { unitVectors } from '../../scaling.js';
import type { ThreatModel } from '../../threat-model.js';
import type { Aim } from '../attack.js';
import { betterOf, climbLossesOf, nothingTried, scored, type Climb, type ClimbProblem } from '../climb.js';
import type { SquareMoves } from './square-moves.js';

/** What Square is made of: pure functions, compiled once for a classifier, a norm, bounds and an aim. */
export interface SquareSteps {
  /** The first query of a run: x + δ, δ of the length of the radius along directions. Of examples that are done it keeps what is best. */
  readonly start: (weights: TensorMap, problem: ClimbProblem, best: Climb, directions: Tensor4D) => Climb;
  /** As many queries as the drawn tensors hold. */
  readonly query: (weights: TensorMap, problem: ClimbProblem, climb: Climb, drawn: TensorMap) => Climb;
}

/** Compiles the steps of Square. */
export function compileSquareSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  { norm, bounds }: ThreatModel,
  aim: Aim,
  moves: SquareMoves,
): SquareSteps {
  const geometry = geometryOf(norm);
  const losses = climbLossesOf(aim);
  const tried = (weights: TensorMap, { inputs, classes }: ClimbProblem, perturbations: Tensor4D): Climb =>
    scored(losses, perturbations, classifier(weights, pointAt(inputs, perturbations, bounds)), classes);

  return {
    start: compile((weights: TensorMap, problem: ClimbProblem, best: Climb, directions: Tensor4D): Climb => {
      const { inputs, radii } = problem;
      const scaled = unitVectors(directions, geometry.lengths(directions));
      const first = geometry.project(inputs, mul(perExample(radii), scaled), radii, bounds);
      const fresh = nothingTried(inputs);
      return betterOf({ ...fresh, perturbations: best.perturbations, done: best.done }, tried(weights, problem, first));
    }, LASTING_WEIGHTS),
    query: compile((weights: TensorMap, problem: ClimbProblem, climb: Climb, drawn: TensorMap): Climb => {
      const count = Object.values(drawn)[0]?.shape[0] ?? 0;
      let state = climb;
      for (let i = 0; i < count; i++) {
        const before = state;
        state = tidy(() => {
          const candidate = moves.propose(problem, before.perturbations, queryOf(drawn, i), bounds);
          return betterOf(before, tried(weights, problem, candidate));
        });
      }
      return state;
    }, LASTING_WEIGHTS),
  };
}

/** What is drawn for one query. */
const queryOf = (drawn: TensorMap, query: number): TensorMap =>
  Object.fromEntries(
    Object.entries(drawn).map(([name, all]): [string, Tensor] => {
      const [, ...shape] = all.shape;
      const [begin, size] = [
        [query, ...shape.map(() => 0)],
        [1, ...shape],
      ];
      return [name, reshape(slice(all, begin, size), shape)];
    }),
  );
