import {
  add,
  cast,
  clone,
  concat,
  dispose,
  div,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  mean,
  mul,
  reshape,
  scalar,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../../core/engine/engine.js';
import { placed, sumsOver } from '../../core/engine/world/joined.js';
import { ALONE, type World } from '../../core/engine/world/world.js';
import { anPgd, type AnPgdResult } from '../../core/margin/an-pgd.js';
import { compileAttackSteps, type AttackSteps } from '../../core/margin/attack-steps.js';
import { perExample } from '../../core/margin/box.js';
import { logitMargin, softLogitMargin } from '../../core/margin/losses.js';
import type { Proceed } from '../../core/margin/pace.js';
import { SEARCH_REACH, type Bounds } from '../../core/margin/threat-model.js';
import type { Model } from '../../core/model/model.js';
import { mapNamed, named } from './named.js';
import { trainingPass } from './objective.js';
import { optimizerOf } from './optimizers.js';
import type { Optimizer } from './optimizer.js';
import type { TrainingConfig } from './training-config.js';

/** What training changes from step to step. */
export type TrainingTensors = {
  readonly parameters: TensorMap;
  /** Running statistics. */
  readonly statistics: TensorMap;
  /** The optimizer's state. */
  readonly moments: TensorMap;
};

/** What a step takes: this process's part of the batch, as much as every other's; the tensors stay the caller's. */
export type StepBatch = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** y, [n] int32. */
  readonly labels: Tensor1D;
  /** Where the search for δ* starts; standard training needs none. */
  readonly search?: {
    /** ε₀ ≥ ε_min, [n]. */
    readonly radii: Tensor1D;
    /** δ₀, [n, h, w, c], inside ball and box. */
    readonly start: Tensor4D;
  };
};

/** What a step did, on the whole batch. */
export interface StepReport {
  /** mean CE(x) before the step. */
  readonly cleanLoss: number;
  /** The MMA term of the objective; 0 in standard training. */
  readonly marginLoss: number;
  /** The share with LM(x) < 0 before the step. */
  readonly accuracy: number;
  /** η by example, 0 for one with SLM(x) ≥ 0, up to 1.05 d_max; empty in standard training. */
  readonly radii: Float32Array;
}

type CleanPass = {
  /** This process's part, as the figures. */
  readonly gradients: TensorMap;
  readonly statistics: TensorMap;
  /** SLM(x) < 0, [n] bool. */
  readonly correct: Tensor1D;
  /** [cleanLoss, accuracy]. */
  readonly figures: Tensor1D;
};

/** What training steps are made of: pure functions, compiled once. */
export interface TrainingPasses {
  readonly config: TrainingConfig;
  readonly optimizer: Optimizer;
  /** The search: SLM climbed, SLM crossed, in evaluation mode. */
  readonly attack: AttackSteps;
  readonly clean: (parameters: TensorMap, statistics: TensorMap, inputs: Tensor4D, labels: Tensor1D) => CleanPass;
  /** The update of standard training. */
  readonly descend: (
    parameters: TensorMap,
    moments: TensorMap,
    clean: Pick<CleanPass, 'gradients' | 'figures'>,
    factors: TensorMap,
  ) => { readonly parameters: TensorMap; readonly state: TensorMap; readonly report: Tensor1D };
  /** The margin term at x + δ*, and the update. */
  readonly finish: (
    tensors: TrainingTensors,
    clean: CleanPass,
    batch: { readonly inputs: Tensor4D; readonly labels: Tensor1D },
    found: AnPgdResult,
    factors: TensorMap,
  ) => { readonly tensors: TrainingTensors; readonly report: Tensor1D };
}

/**
 * Compiles what the steps of a configuration are made of.
 *
 * @param world the processes that have a part of each batch: gradients and reports are added up over them, so that all take the same step
 */
export function compileTrainingPasses(
  compile: Compile,
  model: Model,
  config: TrainingConfig,
  bounds: Bounds,
  world: World = ALONE,
): TrainingPasses {
  const optimizer = optimizerOf(config.optimizer);
  const cleanWeight = config.method === 'standard' ? 1 : config.cleanCoefficient;
  return {
    config,
    optimizer,
    attack: compileAttackSteps(
      compile,
      (weights, inputs) => model.apply(weights, weights, inputs, false).logits,
      { norm: config.norm, bounds },
      { search: 'slm', crossing: 'slm' },
      { iterations: config.attackIterations, bisections: config.bisections },
    ),
    clean: compile((parameters: TensorMap, statistics: TensorMap, inputs: Tensor4D, labels: Tensor1D): CleanPass => {
      const pass = trainingPass(model, cleanWeight, parameters, statistics, inputs, labels, undefined, world);
      return {
        gradients: pass.gradients,
        statistics: pass.statistics,
        correct: less(softLogitMargin(pass.logits, labels), 0),
        figures: concat([vector(pass.loss), vector(accuracyOf(pass.logits, labels, world))]),
      };
    }),
    descend: compile(
      (
        parameters: TensorMap,
        moments: TensorMap,
        clean: Pick<CleanPass, 'gradients' | 'figures'>,
        factors: TensorMap,
      ) => {
        const { gradients, report } = added(world, clean.gradients, clean.figures);
        return { ...optimizer.update(parameters, gradients, moments, factors), report: clone(report) };
      },
    ),
    finish: compile(
      (
        tensors: TrainingTensors,
        clean: CleanPass,
        batch: { readonly inputs: Tensor4D; readonly labels: Tensor1D },
        found: AnPgdResult,
        factors: TensorMap,
      ) => {
        const { points, counted, radii } = chooseTerms(batch.inputs, clean.correct, found, config.maxDistance);
        const weight = 1 - config.cleanCoefficient;
        const pass = trainingPass(
          model,
          weight,
          tensors.parameters,
          clean.statistics,
          points,
          batch.labels,
          counted,
          world,
        );
        const own = concat([clean.figures, vector(pass.loss), placed(world, radii)]);
        const { gradients, report } = added(world, sumOf(clean.gradients, pass.gradients), own);
        const next = optimizer.update(tensors.parameters, gradients, tensors.moments, factors);
        return {
          tensors: { parameters: next.parameters, statistics: pass.statistics, moments: next.state },
          report,
        };
      },
    ),
  };
}

/**
 * Which points the margin term is taken at, and which of them count (paper, Eq. 7):
 *
 *     Σ_{correct, d < d_max} CE(x + δ*)  +  Σ_{wrong} CE(x)
 *
 * Differs from Alg. 1: x + δ* is the failing side of the last bracket, clipped to the bounds, not the midpoint unclipped.
 *
 * @returns points [n, h, w, c]; counted [n] bool; radii [n], what the next visit starts from, 0 for a wrong example
 */
export function chooseTerms(
  inputs: Tensor4D,
  correct: Tensor1D,
  found: AnPgdResult,
  maxDistance: number,
): { readonly points: Tensor4D; readonly counted: Tensor1D; readonly radii: Tensor1D } {
  const attacked: Tensor1D = cast(correct, 'float32');
  const withinReach = logicalAnd(found.crossed, less(found.radii, maxDistance));
  return {
    points: add(inputs, mul(perExample(attacked), found.perturbations)),
    counted: logicalOr(logicalNot(correct), withinReach),
    radii: mul(attacked, found.radii),
  };
}

/**
 * One step of MMA (c > 0), OMMA (c = 0) or standard training (paper, Eq. 7 and 8).
 *
 * A clean pass in training mode, AN-PGD in evaluation mode over the whole batch (wrong examples are searched for in vain, so that
 * shapes stay static), a pass in training mode at the points found, and the optimizer's update. Both passes in training mode move the
 * running statistics, in this order. One read at the end.
 *
 * @param step how many steps are done before this one
 * @returns new tensors (the caller disposes them, and the ones that it gave); undefined if `proceed` stopped it: nothing has changed then
 */
export async function trainingStep(
  passes: TrainingPasses,
  tensors: TrainingTensors,
  batch: StepBatch,
  step: number,
  proceed: Proceed,
): Promise<{ readonly tensors: TrainingTensors; readonly report: StepReport } | undefined> {
  const { config, optimizer } = passes;
  const { inputs, labels, search } = batch;
  const clean = tidy(() => passes.clean(tensors.parameters, tensors.statistics, inputs, labels));
  const factors = mapNamed(optimizer.factors(step + 1), (value) => scalar(value));

  if (search === undefined) {
    const next = tidy(() =>
      passes.descend(
        tensors.parameters,
        tensors.moments,
        { gradients: clean.gradients, figures: clean.figures },
        factors,
      ),
    );
    const [cleanLoss = NaN, accuracy = NaN] = await next.report.data();
    dispose([clean.correct, clean.figures, clean.gradients, factors, next.report]);
    return {
      tensors: { parameters: next.parameters, statistics: clean.statistics, moments: next.state },
      report: { cleanLoss, accuracy, marginLoss: 0, radii: new Float32Array(0) },
    };
  }

  const pace = watched(proceed);
  const found = await anPgd(passes.attack, {
    weights: { ...tensors.parameters, ...clean.statistics },
    inputs,
    labels,
    radii: search.radii,
    start: search.start,
    maxRadius: SEARCH_REACH * config.maxDistance,
    iterations: config.attackIterations,
    bisections: config.bisections,
    proceed: pace.proceed,
  });
  const after = pace.stopped()
    ? undefined
    : tidy(() => passes.finish(tensors, clean, { inputs, labels }, found, factors));
  dispose([clean, found, factors]);
  if (after === undefined) return undefined;
  const [cleanLoss = NaN, accuracy = NaN, marginLoss = NaN, ...next] = (await after.report.data()) as Float32Array;
  after.report.dispose();
  return { tensors: after.tensors, report: { cleanLoss, accuracy, marginLoss, radii: Float32Array.from(next) } };
}

/** Gradients and a report of all processes, from the parts that each of them has. */
function added(
  world: World,
  gradients: TensorMap,
  report: Tensor1D,
): { readonly gradients: TensorMap; readonly report: Tensor1D } {
  const [first = report, ...rest] = sumsOver(world, [report, ...Object.values(gradients)]);
  const sums = Object.fromEntries(Object.keys(gradients).map((name, i) => [name, rest[i] as Tensor]));
  return { gradients: sums, report: first as Tensor1D };
}

/** The sum of gradients of the same parameters; a term of weight 0 has none. */
function sumOf(a: TensorMap, b: TensorMap): TensorMap {
  if (Object.keys(a).length === 0) return b;
  if (Object.keys(b).length === 0) return a;
  return mapNamed(a, (gradient, name) => add(gradient, named(b, name)));
}

const vector = (value: Scalar): Tensor1D => reshape(value, [1]);

/** This process's part of the share of the batch that is classified correctly. */
const accuracyOf = (logits: Tensor2D, labels: Tensor1D, world: World): Scalar =>
  div(mean(cast(less(logitMargin(logits, labels), 0), 'float32')), world.size);

/** A `proceed` that remembers whether it ever said no. */
function watched(proceed: Proceed): { readonly proceed: Proceed; readonly stopped: () => boolean } {
  let stopped = false;
  return {
    proceed: async () => {
      stopped ||= !(await proceed());
      return !stopped;
    },
    stopped: () => stopped,
  };
}
