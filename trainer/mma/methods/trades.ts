import { add, clone, concat, div, mean, mul } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { runPgd } from '../../../core/margin/an-pgd-search.js';
import { klDivergence } from '../../../core/margin/divergence.js';
import { geometryOf } from '../../../core/margin/geometries.js';
import { lossOf } from '../../../core/margin/losses.js';
import { pgdIteration, type PgdState } from '../../../core/margin/pgd-iteration.js';
import { classifierOf } from '../../../core/model/classifier.js';
import { mapNamed } from '../named.js';
import { gradientsOf } from '../objective.js';
import { accuracyOf, asVector } from './clean-pass.js';
import { lossesOf, required } from './method-config.js';
import { searchedStep } from './searched-step.js';
import { sumOverProcesses } from './sums.js';
import type { CompiledMethod, MethodContext, StepBatch, TrainingMethod, TrainingTensors } from './training-method.js';

/** The deviation of the start: at x itself KL has no gradient. */
const START_DEVIATION = 0.001;

/** TRADES (Zhang, Yu, Jiao, Xing, El Ghaoui, Jordan 2019, arXiv:1901.08573); β = 1/λ is 6 on CIFAR-10 and 1 on MNIST in its authors' implementation. */
export const trades: TrainingMethod = {
  fields: {
    cleanCoefficient: { only: 1 },
    epsilon: {},
    tradesBeta: {},
  },
  losses: ['clean'],
  compile: compileTrades,
};

/** TRADES, and what its steps are made of: pure functions, compiled once. */
export interface TradesSteps extends CompiledMethod {
  /** f(x) in evaluation mode. */
  readonly answer: (weights: TensorMap, inputs: Tensor4D) => Tensor2D;
  /** One PGD iteration on KL(f(x) ‖ ·) in evaluation mode: the next perturbations. */
  readonly iterate: (weights: TensorMap, answers: Tensor2D, state: PgdState) => Tensor4D;
  /** The objective at x' = x + δ, and the update. */
  readonly descend: (
    tensors: TrainingTensors,
    batch: Pick<StepBatch, 'inputs' | 'labels'>,
    perturbations: Tensor4D,
    factors: TensorMap,
  ) => { readonly tensors: TrainingTensors; readonly report: Tensor1D };
}

/**
 * Compiles the steps of TRADES (Algorithm 1 there):
 *
 *     x'  ≈  argmax_{‖x' − x‖ ≤ ε} KL(f(x) ‖ f(x')),   by PGD from x + 0.001 · N(0, I)
 *     (1/n) Σ [ CE(f(x), y)  +  β · KL(f(x) ‖ f(x')) ]
 *
 * The search is in evaluation mode, with f(x) held fixed. The objective's gradient is that of both f(x) and f(x'): nothing in it is held fixed
 * but x'. Both are computed in training mode, each as a batch of its own, and move the running statistics, f(x) first.
 *
 * Differs from Algorithm 1: steps are 2.5 ε / N long, as everywhere here; its authors' implementation has 0.007 at ε 0.031 and N 10 on CIFAR-10, which is
 * 2.26 ε / N, and 0.01 at ε 0.3 and N 40 on MNIST, 1.33 ε / N. In ℓ2, as there, the sign of the gradient gives way to the gradient over its norm;
 * steps there are 2 ε / N long.
 */
export function compileTrades(context: MethodContext): TradesSteps {
  const { compile, model, config, bounds, optimizer, world } = context;
  const { attackIterations: iterations } = config;
  const [epsilon, beta] = [required(config, 'epsilon'), required(config, 'tradesBeta')];
  const cleanLoss = lossOf(lossesOf(config).clean);
  const geometry = geometryOf(config.norm);
  const classifier = classifierOf(model);
  const answer: TradesSteps['answer'] = compile(classifier);
  const iterate: TradesSteps['iterate'] = compile(
    (weights, answers, state) =>
      pgdIteration(
        (inputs) => classifier(weights, inputs),
        (logits) => klDivergence(answers, logits),
        geometry,
        bounds,
        state,
      ),
    { callsPerWeights: iterations },
  );
  const descend: TradesSteps['descend'] = compile(
    ({ parameters, statistics, moments }, { inputs, labels }, perturbations, factors) => {
      const pass = gradientsOf(parameters, (at) => {
        const clean = model.apply(at, statistics, inputs, true, world);
        const moved = model.apply(at, clean.statistics, add(inputs, perturbations), true, world);
        const loss: Scalar = div(mean(cleanLoss(clean.logits, labels)), world.size);
        const divergence: Scalar = div(mean(klDivergence(clean.logits, moved.logits)), world.size);
        const own = [loss, accuracyOf(clean.logits, labels, world), divergence].map(asVector);
        return {
          objective: add<Scalar>(loss, mul(divergence, beta)),
          // Statistics that did not move are the caller's own tensors.
          rest: { statistics: mapNamed(moved.statistics, clone), own: concat(own) },
        };
      });
      const { gradients, report } = sumOverProcesses(world, pass.gradients, pass.rest.own);
      const next = optimizer.update(parameters, gradients, moments, factors);
      return {
        tensors: { parameters: next.parameters, statistics: pass.rest.statistics, moments: next.state },
        report: clone(report),
      };
    },
  );

  return {
    answer,
    iterate,
    descend,

    search: {
      radii: (_, examples) => new Float32Array(examples.length).fill(epsilon),
      draw: (random, count) => Float32Array.from({ length: count }, () => random.normal()),
      place: compile((inputs: Tensor4D, radii: Tensor1D, normals: Tensor4D) =>
        geometry.project(inputs, mul(normals, START_DEVIATION), radii, bounds),
      ),
    },

    step: searchedStep(context, {
      begin: ({ parameters, statistics }, inputs) => answer({ ...parameters, ...statistics }, inputs),
      find: ({ parameters, statistics }, answers, request) =>
        runPgd(
          { iterate: (at, state) => iterate(at, answers, state) },
          { ...request, weights: { ...parameters, ...statistics }, iterations },
        ),
      finish: (tensors, _, batch, found, factors) => descend(tensors, batch, found, factors),
      radiusAt: () => epsilon,
    }),
  };
}
