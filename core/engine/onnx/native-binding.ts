import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type { OnnxType } from './onnx-model.js';

/** A tensor as the native binding reads it: of memory that it neither copies nor keeps. */
export interface NativeTensor {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView;
  readonly location: 'cpu';
}

/** Options of a session, as the native binding takes them. */
export interface NativeOptions {
  readonly graphOptimizationLevel: 'disabled' | 'basic' | 'extended' | 'all';
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  readonly executionMode: 'sequential';
  readonly enableCpuMemArena: boolean;
  readonly enableMemPattern: boolean;
  readonly logSeverityLevel: 0 | 1 | 2 | 3 | 4;
  readonly enableProfiling?: boolean;
  readonly profileFilePrefix?: string;
  readonly optimizedModelFilePath?: string;
  readonly extra?: { readonly session: Readonly<Record<string, unknown>> };
}

export interface NativeSession {
  readonly outputMetadata: readonly { readonly name: string }[];
  loadModel(bytes: ArrayBuffer, byteOffset: number, byteLength: number, options: NativeOptions): void;
  /**
   * @param fetches tensors that the outputs are written to, by name; null where they are written to new ones alone
   * @returns new tensors in any case
   */
  run(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor | null>>,
    options: object,
  ): Readonly<Record<string, NativeTensor>>;
  dispose(): void;
  endProfiling(): void;
}

interface NativeModule {
  readonly binding: {
    readonly InferenceSession: new () => NativeSession;
    /** @param logLevel 3: errors @param tensor what each output of a run becomes */
    readonly initOrtOnce: (logLevel: number, tensor: OutputConstructor, isMainThread: boolean) => void;
  };
}

type OutputConstructor = new (type: string, data: ArrayBufferView, dims: readonly number[]) => object;

interface PublicModule {
  readonly env: { readonly versions: { readonly node?: string } };
  readonly Tensor: OutputConstructor;
}

/** ONNX Runtime's native binding, and the version of the package that it came in. */
export interface NativeRuntime {
  readonly version: string;
  createSession(): NativeSession;
}

let loaded: NativeRuntime | undefined;

/**
 * Loads what is beneath the public API of onnxruntime-node, which answers by promises only, though its binding runs a model in the calling
 * thread and returns when it is done. TensorFlow.js' functions return tensors, so without this nothing compiled could be called from them.
 * What is beneath may change with any version of the package: package.json pins one.
 *
 * @throws Error if the package has no binary for this platform, or its binary does not load
 */
export function loadNativeRuntime(): NativeRuntime {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  const { env, Tensor } = require('onnxruntime-node') as PublicModule;
  const { binding } = require('onnxruntime-node/dist/binding.js') as NativeModule;
  // At a lower level the runtime writes a warning to the standard error of every process in which it knows no GPU.
  binding.initOrtOnce(ERRORS, stoppable(Tensor), isMainThread);
  loaded = {
    version: env.versions.node ?? 'of an unknown version',
    createSession: () => new binding.InferenceSession(),
  };
  return loaded;
}

/** A level of the runtime's log. */
const ERRORS = 3;

/** Thrown where a run is to end. */
const STOP = new Error('the outputs are written');
let stopping = false;

/** A constructor whose first call ends a run that is to be stopped. */
const stoppable = (tensor: OutputConstructor): OutputConstructor =>
  function (type: string, data: ArrayBufferView, dims: readonly number[]) {
    if (stopping) throw STOP;
    return new tensor(type, data, dims);
  } as unknown as OutputConstructor;

/**
 * Runs a session whose outputs are all written in place, and stops the binding where it begins to copy them: when a run is done, it makes
 * a tensor of each output, in new memory, also of those that it was given memory for. That takes 8 ms for LeNet5's dense layer, ten times as long as to add
 * to it, and leaves 13 MB to the garbage collector. The tensors are made by a constructor that it was initialised with, in the order of the model's outputs:
 * what the first of them holds is copied still.
 *
 * @throws whatever the runtime throws
 */
export function runInPlace(
  session: NativeSession,
  feeds: Readonly<Record<string, NativeTensor>>,
  fetches: Readonly<Record<string, NativeTensor>>,
): void {
  stopping = true;
  try {
    session.run(feeds, fetches, {});
  } catch (error) {
    if (error !== STOP) throw error;
  } finally {
    stopping = false;
  }
}
