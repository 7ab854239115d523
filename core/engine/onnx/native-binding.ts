import { createRequire } from 'node:module';
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
  loadModel(bytes: ArrayBuffer, byteOffset: number, byteLength: number, options: NativeOptions): void;
  /** @param fetches tensors that the outputs are written to, by name */
  run(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor>>,
    options: object,
  ): unknown;
  dispose(): void;
  endProfiling(): void;
}

interface NativeModule {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  readonly initOrt: () => void;
}

interface PublicModule {
  readonly env: { logLevel?: string; readonly versions: { readonly node?: string } };
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
  const { env } = require('onnxruntime-node') as PublicModule;
  // Without this the runtime writes a warning to the standard error of every process in which it knows no GPU.
  env.logLevel = 'error';
  const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as NativeModule;
  initOrt();
  loaded = {
    version: env.versions.node ?? 'of an unknown version',
    createSession: () => new binding.InferenceSession(),
  };
  return loaded;
}
