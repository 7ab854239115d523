import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../engine/engine.js';
import { bisectOnce, type Bracket } from './bisection.js';
import { geometryOf } from './geometries.js';
import type { NormGeometry } from './geometry.js';
import { ascendedLossOf, lossOf, type Loss, type LossName } from './losses.js';
import { pgdIteration, type Classifier, type PgdState } from './pgd-iteration.js';
import type { Bounds, ThreatModel } from './threat-model.js';

/** A classifier in evaluation mode whose weights are explicit, so that they can stay on the device between steps. */
export type WeightedClassifier = (weights: TensorMap, inputs: Tensor4D) => Tensor2D;

/** What an attack is made of: pure functions, compiled once for a classifier, a norm, bounds and a loss. */
export interface AttackSteps {
  readonly geometry: NormGeometry;
  readonly bounds: Bounds;
  /** One PGD iteration: the next perturbations. */
  readonly iterate: (weights: TensorMap, state: PgdState) => Tensor4D;
  /** One bisection along the rays x + ηu. */
  readonly bisect: (
    weights: TensorMap,
    inputs: Tensor4D,
    labels: Tensor1D,
    directions: Tensor4D,
    bracket: Bracket,
  ) => Bracket;
}

/** About how often each step is taken before the weights change. */
export interface StepsPerWeights {
  readonly iterations: number;
  readonly bisections: number;
}

/**
 * Compiles the steps of attacks. `search` is the loss that PGD ascends, in the form that is never lost (`ascendedLossOf`); `crossing` the one whose zero
 * the bisection looks for.
 */
export function compileAttackSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  losses: { readonly search: LossName; readonly crossing: LossName | Loss },
  { iterations, bisections }: StepsPerWeights = { iterations: 1, bisections: 1 },
): AttackSteps {
  const geometry = geometryOf(threat.norm);
  const search = ascendedLossOf(losses.search);
  const crossing = typeof losses.crossing === 'string' ? lossOf(losses.crossing) : losses.crossing;
  const at =
    (weights: TensorMap): Classifier =>
    (inputs) =>
      classifier(weights, inputs);
  return {
    geometry,
    bounds: threat.bounds,
    iterate: compile(
      (weights: TensorMap, state: PgdState) => pgdIteration(at(weights), search, geometry, threat.bounds, state),
      { callsPerWeights: iterations },
    ),
    bisect: compile(
      (weights: TensorMap, inputs: Tensor4D, labels: Tensor1D, directions: Tensor4D, bracket: Bracket): Bracket =>
        bisectOnce(at(weights), crossing, threat.bounds, inputs, labels, directions, bracket),
      { callsPerWeights: bisections },
    ),
  };
}
