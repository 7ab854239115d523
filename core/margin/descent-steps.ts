import { greaterEqual, zeros } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, CompileHints, TensorMap } from '../engine/engine.js';
import type { WeightedClassifier } from './attack-steps.js';
import { bisectOnce, type Bracket } from './bisection.js';
import { pointAt } from './box.js';
import {
  descend,
  explore,
  keepShorter,
  type Descent,
  type DescentProblem,
  type Nearest,
  type Objective,
} from './descent.js';
import { geometryOf } from './geometries.js';
import type { NormGeometry } from './geometry.js';
import { beyondRounding, logitMargin, reaching, softMarginOver } from './losses.js';
import type { Classifier } from './pgd.js';
import type { Bounds, ThreatModel } from './threat-model.js';

/** What a search by descents is made of: pure functions, compiled once for a classifier, a norm, bounds and an aim. */
export interface DescentSteps {
  readonly geometry: NormGeometry;
  readonly bounds: Bounds;
  /** ∇L at x. */
  readonly gradientsAtInputs: (weights: TensorMap, problem: DescentProblem) => Tensor4D;
  /** One iteration; the scalars are α and γ. */
  readonly iterate: (
    weights: TensorMap,
    problem: DescentProblem,
    descent: Descent,
    step: Scalar,
    adaptation: Scalar,
  ) => Descent;
  /** What is nearest once a descent's δ has been tried too: one forward evaluation. */
  readonly tryLast: (weights: TensorMap, problem: DescentProblem, descent: Descent) => Nearest;
  /** One bisection along the rays x + ηu. */
  readonly bisect: (weights: TensorMap, problem: DescentProblem, directions: Tensor4D, bracket: Bracket) => Bracket;
  /** z at x + δ. */
  readonly logitsAt: (weights: TensorMap, inputs: Tensor4D, perturbations: Tensor4D) => Tensor2D;
}

/** A search is made for one model: its weights hardly ever change. */
const HINTS: CompileHints = { callsPerWeights: Infinity };

/** Compiles the steps of a search. `targeted`: it is to reach a class instead of leaving one. */
export function compileDescentSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  targeted: boolean,
): DescentSteps {
  const { bounds } = threat;
  const geometry = geometryOf(threat.norm);
  const objective: Objective = {
    search: targeted ? (rivals, sharpness) => reaching(softMarginOver(rivals, sharpness)) : softMarginOver,
    success: beyondRounding(targeted ? reaching(logitMargin) : logitMargin),
  };
  const at =
    (weights: TensorMap): Classifier =>
    (inputs) =>
      classifier(weights, inputs);
  const logitsAt = (weights: TensorMap, inputs: Tensor4D, perturbations: Tensor4D): Tensor2D =>
    classifier(weights, pointAt(inputs, perturbations, bounds));

  return {
    geometry,
    bounds,
    gradientsAtInputs: compile(
      (weights: TensorMap, problem: DescentProblem): Tensor4D =>
        explore(at(weights), objective, bounds, problem, zeros(problem.inputs.shape)).gradients,
      HINTS,
    ),
    iterate: compile(
      (weights: TensorMap, problem: DescentProblem, descent: Descent, step: Scalar, adaptation: Scalar): Descent =>
        descend(at(weights), objective, geometry, bounds, problem, descent, { step, adaptation }),
      HINTS,
    ),
    tryLast: compile((weights: TensorMap, { inputs, classes }: DescentProblem, descent: Descent): Nearest => {
      const success: Tensor1D = greaterEqual(
        objective.success(logitsAt(weights, inputs, descent.perturbations), classes),
        0,
      );
      return keepShorter(descent, descent.perturbations, geometry.lengths(descent.perturbations), success);
    }, HINTS),
    bisect: compile(
      (weights: TensorMap, { inputs, classes }: DescentProblem, directions: Tensor4D, bracket: Bracket): Bracket =>
        bisectOnce(at(weights), objective.success, bounds, inputs, classes, directions, bracket),
      HINTS,
    ),
    logitsAt: compile(logitsAt, HINTS),
  };
}
