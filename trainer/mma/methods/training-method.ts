import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../../../core/engine/engine.js';
import type { World } from '../../../core/engine/world/world.js';
import type { ShouldContinue } from '../../../core/margin/pace.js';
import type { Bounds } from '../../../core/margin/threat-model.js';
import type { Model } from '../../../core/model/model.js';
import type { Random } from '../../../core/random.js';
import type { Optimizer } from '../optimizer.js';
import type { RadiusTable } from '../radius-table.js';
import type { FieldRule, LossRole, MethodConfig, MethodField } from './method-config.js';

/** A method of training as one file; methods.ts lists them. */
export interface TrainingMethod {
  /** The fields that it takes beside those of all methods; others are refused. */
  readonly fields: Readonly<Partial<Record<MethodField, FieldRule>>>;
  /** The losses that it uses; others are refused. */
  readonly losses: readonly LossRole[];
  /** Compiles what its steps are made of. */
  compile(context: MethodContext): CompiledMethod;
}

/** What a method is compiled for. */
export interface MethodContext {
  readonly compile: Compile;
  readonly model: Model;
  readonly config: MethodConfig;
  readonly bounds: Bounds;
  readonly optimizer: Optimizer;
  /** The processes that have a part of each batch: gradients and reports are added up over them, so that all take the same step. */
  readonly world: World;
}

/** A method that is ready to take steps. */
export interface CompiledMethod {
  /** Where the search of a step starts; undefined: it searches nothing. */
  readonly search?: SearchStart;
  /**
   * One step.
   *
   * @param step how many steps are done before this one
   * @returns new tensors (the caller disposes them, and the ones that it gave); undefined if `shouldContinue` stopped it: nothing has changed then
   */
  step(
    tensors: TrainingTensors,
    batch: StepBatch,
    step: number,
    shouldContinue: ShouldContinue,
  ): Promise<StepOutcome | undefined>;
}

/** Where the searches of a method start. */
export interface SearchStart {
  /** ε₀ of the given examples in the step after the first `step`, one each. */
  radii(table: RadiusTable, examples: Uint32Array, step: number): Float32Array;
  /** The random numbers of a start, in order. */
  draw(random: Random, count: number): Float32Array;
  /** δ₀ inside ball and box, [n, h, w, c], from random numbers of that shape. */
  readonly place: (inputs: Tensor4D, radii: Tensor1D, drawn: Tensor4D) => Tensor4D;
}

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
  /** Where the search starts, if the method has one. */
  readonly search?: {
    /** ε₀, [n]. */
    readonly radii: Tensor1D;
    /** δ₀, [n, h, w, c], inside ball and box. */
    readonly start: Tensor4D;
  };
};

/** What a step leaves. */
export interface StepOutcome {
  readonly tensors: TrainingTensors;
  readonly report: StepReport;
}

/** What a step did, on the whole batch. */
export interface StepReport {
  /** The mean clean loss before the step. */
  readonly cleanLoss: number;
  /** The term of the objective at perturbed points, not weighted; 0 in standard training. */
  readonly marginLoss: number;
  /** The share with LM(x) < 0 before the step. */
  readonly accuracy: number;
  /** The radius to record for each example, 0 for one with nothing to search; empty where the method has none. */
  readonly radii: Float32Array;
}
