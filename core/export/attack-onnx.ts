import type { Rank, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { eager } from '../engine/compile.js';
import { encodeModel } from '../engine/onnx/encode-model.js';
import { composeGraph } from '../engine/onnx/export/compose-graph.js';
import { BATCH } from '../engine/onnx/export/free-batch.js';
import { lowerFunction } from '../engine/onnx/export/lower-function.js';
import type { OnnxValueInfo } from '../engine/onnx/onnx-model.js';
import { placeholder } from '../engine/trace/placeholder.js';
import { anPgdResult, rayOf, stepSizesOf } from '../margin/an-pgd-search.js';
import { compileAttackSteps } from '../margin/attack-steps.js';
import { successOf } from '../margin/attacks/steps/success.js';
import { openBracket } from '../margin/bisection.js';
import { sharpnessAt } from '../margin/sharpness.js';
import { SEARCH_REACH, type ThreatModel } from '../margin/threat-model.js';
import type { Architecture } from '../model/architecture.js';
import { classifierOf } from '../model/classifier.js';
import { buildModel } from '../model/model.js';
import {
  inputPlaceholder,
  weightConstants,
  weightNames,
  weightPlaceholders,
  type WeightedModel,
} from './weighted-model.js';

/** Which search a file is to hold. */
export interface ExportedAttack {
  readonly threat: ThreatModel;
  /** d_max: the ray is searched up to 1.05 times as far. */
  readonly maxDistance: number;
  /** N ≥ 1. */
  readonly iterations: number;
  /** At least 1. */
  readonly bisections: number;
}

/** TensorProto.DataType of int32. */
const INT32 = 6;

/**
 * AN-PGD (core/margin/an-pgd.ts) of a classifier as one ONNX model: a random start, N iterations of PGD on SLM of logits
 * brought to a spread (core/margin/sharpness.ts), bisections of success along the ray, the clipped perturbation. Its two loops are Loop nodes whose bodies use the weights of the whole.
 *
 *     inputs        [batch, h, w, c] float32   x, inside the bounds
 *     labels        [batch] int64              y
 *     radii         [batch] float32            ε₀ > 0
 *     uniforms      [batch, h, w, c] float32   in [0, 1): where the random start comes from
 *
 *     perturbations [batch, h, w, c] float32   δ = clip(x + ηu) − x
 *     distances     [batch] float32            ‖δ‖
 *     found         [batch] bool               whether x + δ is known to be misclassified; if not, δ is the end of the ray
 *     next_radii    [batch] float32            η, the next search's ε₀
 *
 * @param metadata what the file says about itself
 */
export function attackOnnx(
  model: WeightedModel,
  attack: ExportedAttack,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { architecture } = model;
  const parts = attackParts(architecture, attack);
  const graph = composeGraph(`an-pgd ${architecture.family}`, weightConstants(model));
  const labels = graph.node('Cast', ['labels'], 'labels_int32', { to: { int: INT32 } });
  const start = graph.call('start', parts.start, weightNames(model));
  const given = { ...weightNames(model), ...start, labels };
  const reached = graph.loop('pgd', parts.iteration, attack.iterations, { perturbations: start['start'] ?? '' }, given);
  const ray = graph.call('ray', parts.ray, reached);
  const bracket = Object.fromEntries(
    Object.entries(ray).flatMap(([name, value]) => (name.startsWith('bracket.') ? [[name.slice(8), value]] : [])),
  ) as Readonly<Record<string, string>>;
  const ended = graph.loop('bisection', parts.bisection, attack.bisections, bracket, { ...given, ...ray });
  const last = Object.fromEntries(Object.entries(ended).map(([name, value]) => [`bracket.${name}`, value]));
  const result = graph.call('result', parts.result, { ...ray, ...last });

  const images = (name: string): OnnxValueInfo => ({
    name,
    type: 'float32',
    shape: [BATCH, ...architecture.inputShape],
  });
  const perExample = (name: string, type: OnnxValueInfo['type']): OnnxValueInfo => ({ name, type, shape: [BATCH] });
  return encodeModel({
    metadata,
    graph: graph.finish(
      [images('inputs'), perExample('labels', 'int64'), perExample('radii', 'float32'), images('uniforms')],
      [
        [images('perturbations'), result['found.perturbations'] ?? ''],
        [perExample('distances', 'float32'), result['distances'] ?? ''],
        [perExample('found', 'bool'), result['found.crossed'] ?? ''],
        [perExample('next_radii', 'float32'), result['found.radii'] ?? ''],
      ],
    ),
  });
}

/** What the search consists of, each part as a graph. */
function attackParts(architecture: Architecture, { threat, maxDistance, iterations }: ExportedAttack) {
  const classifier = classifierOf(buildModel(architecture));
  const steps = compileAttackSteps(eager, classifier, threat, {
    search: 'slm',
    crossing: successOf('untargeted'),
  });
  const images = (batch: number): Tensor4D => inputPlaceholder(architecture, batch);
  const vector = (batch: number): Tensor1D => placeholder([batch]);
  const labels = (batch: number): Tensor1D => placeholder([batch], 'int32');
  const bracket = (batch: number) => ({
    low: vector(batch),
    high: vector(batch),
    probe: vector(batch),
    crossed: placeholder<Rank.R1>([batch], 'bool'),
  });
  return {
    start: lowerFunction(
      (n) => ({
        weights: weightPlaceholders(architecture),
        inputs: images(n),
        radii: vector(n),
        uniforms: images(n),
      }),
      ({ weights, inputs, radii, uniforms }) => ({
        sharpness: sharpnessAt(classifier(weights, inputs)),
        start: steps.geometry.randomStart(inputs, radii, uniforms, threat.bounds),
        stepSizes: stepSizesOf(radii, iterations),
      }),
    ),
    iteration: lowerFunction(
      (n) => ({
        weights: weightPlaceholders(architecture),
        inputs: images(n),
        labels: labels(n),
        radii: vector(n),
        stepSizes: vector(n),
        sharpness: vector(n),
        state: { perturbations: images(n) },
      }),
      ({ weights, state, ...fixed }) => ({ next: { perturbations: steps.iterate(weights, { ...fixed, ...state }) } }),
    ),
    ray: lowerFunction(
      (n) => ({ perturbations: images(n), radii: vector(n) }),
      ({ perturbations, radii }) => ({
        directions: rayOf(perturbations, radii),
        bracket: openBracket(radii, SEARCH_REACH * maxDistance),
      }),
    ),
    bisection: lowerFunction(
      (n) => ({
        weights: weightPlaceholders(architecture),
        inputs: images(n),
        labels: labels(n),
        directions: images(n),
        state: bracket(n),
      }),
      ({ weights, inputs, labels: y, directions, state }) => ({
        next: steps.bisect(weights, inputs, y, directions, state),
      }),
    ),
    result: lowerFunction(
      (n) => ({ inputs: images(n), directions: images(n), bracket: bracket(n) }),
      ({ inputs, directions, bracket: last }) => {
        const found = anPgdResult(inputs, directions, last, threat.bounds);
        return { found, distances: steps.geometry.lengths(found.perturbations) };
      },
    ),
  };
}
