import { tensor4d } from '@tensorflow/tfjs-core';
import { createRandom } from '../../../../random.js';
import { ATTACK_NORMS, type AttackNorm } from '../../../threat-model.js';
import type { AttackKind, AttackOutcome, FixedNormAttack, FixedNormRequest } from '../../attack.js';
import type { AscentProblem } from '../../steps/gradient-free-ascent.js';
import { gradientFreeRuns, type GradientFreeRun } from '../../steps/gradient-free-runs.js';
import { areShort, iterationsOfCall } from '../../steps/short-evaluations.js';
import type { Strongest } from '../../steps/strongest.js';
import { l1Moves } from './l1-moves.js';
import { l2Moves } from './l2-moves.js';
import { linfMoves } from './linf-moves.js';
import type { ImageShape, SquareMoves } from './square-moves.js';
import { squareSide } from './square-sides.js';
import { compileSquareSteps, type SquareSteps } from './square-steps.js';

const MOVES: Readonly<Record<AttackNorm, SquareMoves>> = { linf: linfMoves, l2: l2Moves, l1: l1Moves };

/**
 * Square (Andriushchenko et al. 2020, arXiv:1912.00049): random search over squares of falling size. A query changes δ inside a window at
 * random, and is kept if the logit margin does not fall. It never takes a gradient, so nothing that a model does to its gradients hides from it.
 *
 * An iteration is a query and costs one forward evaluation, those of an input that is done already too, until all are. One input's cost does
 * not grow with its neighbours, its answer does not depend on them.
 *
 * Differs from Alg. 1: a query whose margin is equal is kept too, because a search that rests on the steps of a staircase never leaves them;
 * towards a class the margin is ascended there as well, where the paper takes the cross entropy.
 */
export const square: AttackKind<FixedNormAttack> = {
  name: 'square',
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    const moves = MOVES[threat.norm];
    const steps = compileSquareSteps(compile, classifier, threat, aim, moves);
    return { name: 'square', find: (request) => search(steps, moves, request) };
  },
};

function search(steps: SquareSteps, moves: SquareMoves, request: FixedNormRequest): Promise<AttackOutcome> {
  const { weights, inputs, iterations } = request;
  const [, height, width, channels] = inputs.shape;
  const shape: ImageShape = [height, width, channels];
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const together = areShort(weights, inputs);
  const sideOf = (query: number): number => squareSide(query, iterations, height, width, moves);

  const startOf = (problem: AscentProblem, best: Strongest): Strongest => {
    const directions = new Float32Array(inputs.size);
    const size = inputs.size / inputs.shape[0];
    for (const [index, random] of randoms.entries()) directions.set(moves.start(random, shape), index * size);
    return steps.start(weights, problem, best, tensor4d(directions, inputs.shape));
  };
  const query = (problem: AscentProblem, known: Strongest, first: number, count: number): Strongest => {
    const sides = Array.from({ length: count }, (_, index) => sideOf(first + index));
    return steps.query(weights, problem, known, moves.draw(randoms, sides, shape));
  };
  // The start is the first query.
  const open = (problem: AscentProblem): GradientFreeRun<Strongest> => {
    const calls: GradientFreeRun<Strongest>['calls'][number][] = [];
    for (let next = 1; next < iterations;) {
      const [first, count] = [next, iterationsOfCall(together, iterations - next)];
      calls.push({ forwardEvaluations: count, take: (known) => query(problem, known, first, count) });
      next += count;
    }
    return { start: { forwardEvaluations: 1, take: (best) => startOf(problem, best) }, calls };
  };
  return gradientFreeRuns(request, open);
}
