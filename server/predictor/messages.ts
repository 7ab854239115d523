import type { Engine } from '../../core/engine/engine.js';
import type { ErrorKind } from '../../core/errors.js';
import type { MarginFinding } from '../../core/margin/margin-search.js';
import type { VersionKey } from '../../core/registry/registry.js';
import type { Norm } from '../../core/margin/threat-model.js';

/** Inputs in the memory of the process: `count` of them, row-major, checked. */
export interface InputBatch {
  readonly count: number;
  readonly values: Float32Array;
}

/** What a worker is asked to compute. */
export interface Jobs {
  /** Loads a version from the registry, checks it, and runs it once each way, so that the first request finds it warm. */
  load: { readonly request: { readonly key: VersionKey }; readonly result: { readonly durationMs: number } };
  classify: {
    readonly request: { readonly key: VersionKey; readonly inputs: InputBatch };
    readonly result: {
      /** Row-major, [count, classes]. */
      readonly logits: Float32Array;
      readonly classes: number;
    };
  };
  margin: { readonly request: MarginJob; readonly result: MarginOutcome };
}

export type JobKind = keyof Jobs;

/** Margins to find. */
export interface MarginJob {
  readonly key: VersionKey;
  readonly inputs: InputBatch;
  /** One an input; absent: the model's own answers. */
  readonly labels?: readonly number[];
  readonly norm: Norm;
  readonly maxDistance: number;
  readonly maxGradientEvaluations: number;
  readonly targetClass?: number;
  readonly seed: bigint;
  /** When the answer must be on its way, by `monotonicMs`, which all processes of a machine share; Infinity: whenever. */
  readonly deadlineMs: number;
  readonly wantPerturbations: boolean;
}

/** Margins found, in the order of the inputs. */
export interface MarginOutcome {
  readonly findings: readonly MarginFinding[];
  /** [count, …input shape], if they were wanted. */
  readonly perturbations?: Float32Array;
}

/** What the service process says to a worker. */
export type ToWorker =
  | {
      readonly [K in JobKind]: { readonly type: K; readonly id: number; readonly request: Jobs[K]['request'] };
    }[JobKind]
  | { readonly type: 'unload'; readonly key: VersionKey }
  /** Stops the job of this id; its answer still comes. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'ping' };

/** What runs in a worker, for people: what was chosen, on which device, and why not the others. */
export type EngineDescription = Pick<Engine, 'name' | 'device' | 'library' | 'rejected'>;

/** What a worker says to the service process. */
export type FromWorker =
  | { readonly type: 'started'; readonly engine: EngineDescription }
  | { readonly type: 'done'; readonly id: number; readonly result: Jobs[JobKind]['result'] }
  | { readonly type: 'failed'; readonly id: number; readonly kind: ErrorKind | undefined; readonly message: string }
  | { readonly type: 'pong'; readonly tensors: number; readonly tensorBytes: number; readonly residentBytes: number };
