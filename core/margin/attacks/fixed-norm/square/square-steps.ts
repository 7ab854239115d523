import { reshape, slice, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../../engine/engine.js';
import type { WeightedClassifier } from '../../../attack-steps.js';
import type { ThreatModel } from '../../../threat-model.js';
import type { Aim } from '../../attack.js';
import { gradientFreeAscent, type AscentProblem } from '../../steps/gradient-free-ascent.js';
import type { Strongest } from '../../steps/strongest.js';
import type { SquareMoves } from './square-moves.js';

/** What Square is made of: pure functions, compiled once for a classifier, a norm, bounds and an aim. */
export interface SquareSteps {
  /** The first query of a run: x + δ, δ made of what was drawn for the start. Of examples that are done it keeps what is best. */
  readonly start: (weights: TensorMap, problem: AscentProblem, best: Strongest, start: Tensor4D) => Strongest;
  /** As many queries as the drawn tensors hold. */
  readonly query: (weights: TensorMap, problem: AscentProblem, known: Strongest, drawn: TensorMap) => Strongest;
}

/** Compiles the steps of Square. */
export function compileSquareSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  aim: Aim,
  moves: SquareMoves,
): SquareSteps {
  const { bounds } = threat;
  const { tryFirst, tryNext } = gradientFreeAscent(classifier, threat, aim);

  return {
    start: compile((weights: TensorMap, problem: AscentProblem, best: Strongest, start: Tensor4D): Strongest => {
      const first = moves.place(problem, start, bounds);
      return tryFirst(weights, problem, best, first);
    }, LASTING_WEIGHTS),
    query: compile((weights: TensorMap, problem: AscentProblem, known: Strongest, drawn: TensorMap): Strongest => {
      const count = Object.values(drawn)[0]?.shape[0] ?? 0;
      let state = known;
      for (let i = 0; i < count; i++) {
        const before = state;
        state = tidy(() => {
          const candidate = moves.propose(problem, before.best, queryOf(drawn, i), bounds);
          return tryNext(weights, problem, before, candidate);
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
