import type { Tensor } from '@tensorflow/tfjs-core';
import type { World } from './world/world.js';

/** Tensors in a structure that a compiled function may take or give. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** Named tensors: the weights of a model, the moments of an optimizer. */
export type TensorMap = Readonly<Record<string, Tensor>>;

/** What whoever compiles a function knows of how it will be called. Hints change how fast it is, never what it computes. */
export interface CompileHints {
  /** About how many calls in a row are given the same tensors as their first argument; Infinity where they hardly ever change. Default 1. */
  readonly callsPerWeights?: number;
}

/** For functions that begin with the weights of a model which is attacked, evaluated or served: they are the same from call to call, where those of a training change. */
export const LASTING_WEIGHTS: CompileHints = { callsPerWeights: Infinity };

/**
 * Makes a pure function of tensors run as fast as the engine can run it.
 *
 * @param fn pure: its result depends on its arguments (and on tensors it closes over, which are constants); static shapes; no reads.
 * @returns a function of the same arguments and results. On an eager engine it is `fn` itself.
 */
export type Compile = <I extends readonly TensorTree[], O extends TensorTree>(
  fn: (...inputs: I) => O,
  hints?: CompileHints,
) => (...inputs: I) => O;

export const ENGINE_NAMES = ['onnx', 'wasm', 'tensorflow', 'torch'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
export const ENGINE_CHOICES = ['auto', ...ENGINE_NAMES] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** An engine that does not run, and why, for people. */
export interface RejectedEngine {
  readonly name: EngineName;
  readonly reason: string;
}

/** What runs the numerics of this process. TensorFlow.js keeps one active backend a process, so there is one engine a process. */
export interface Engine {
  readonly name: EngineName;
  /** What it runs on, for people: `cpu`, `gpu`. */
  readonly device: string;
  /** The library and its version, for people. */
  readonly library: string;
  /** How many threads compute on a CPU; undefined where the library does not say. */
  readonly threads?: number;
  /** What convolutions and products multiply in; undefined: float32. */
  readonly precision?: string;
  /** The other engines, and why each of them was not chosen. */
  readonly rejected: readonly RejectedEngine[];
  readonly compile: Compile;
  /** The processes that train together, if this is one of several. */
  readonly world?: World;
  /** Tensors alive and their bytes. */
  memory(): { readonly numTensors: number; readonly numBytes: number };
}

/** An engine that has been opened, before it is known why the others were not. */
export type OpenedEngine = Omit<Engine, 'rejected'>;
