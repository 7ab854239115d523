import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '../../errors.js';
import { engineDirectory } from '../install/engine-directory.js';
import type { Values } from '../graph/ops/sources.js';
import type { DataType, Shape } from '../graph/graph.js';
import type { Place } from '../world/place.js';
import { isStale } from './addon-sources.js';
import type { TorchProgram } from './torch-program.js';

/** The addon's file in the directory of the engine. */
export const ADDON_FILE = 'maxmargin-torch.node';

/** A directory with a built engine, in place of the project's own. */
export const DIRECTORY_VARIABLE = 'MAXMARGIN_TORCH';

/** What convolutions and products multiply in. Sums and everything else are float32. */
export const PRECISIONS = ['float32', 'tf32', 'bfloat16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** A tensor on the device, by number. */
export type TensorHandle = number;

/** What one open engine holds on its device; see addon.cpp. */
export interface TorchSession {
  upload(values: Values, shape: Shape, dtype: DataType): TensorHandle;
  /** Fills `into` with the tensor's elements. */
  download(tensor: TensorHandle, into: Values): void;
  release(tensor: TensorHandle): void;
  /** @returns the program's number */
  load(program: TorchProgram): number;
  unload(program: number): void;
  run(program: number, inputs: Uint32Array): Uint32Array;
  /** How many tensors are held. */
  held(): number;
  /** Adds up numbers over all processes, in place; nothing where there is one. */
  total(values: Int32Array | Float64Array): void;
}

export interface TorchDevice {
  /** `cpu`, `cuda:0` … */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

export interface TorchAddon {
  /** @param place undefined: this process alone. Otherwise it waits for the others */
  readonly Session: new (device: string, precision: Precision, place?: Place) => TorchSession;
  devices(): readonly TorchDevice[];
  /** Whether it was built for CUDA; it runs without a GPU, too. */
  readonly cuda: boolean;
  /** Of libtorch. */
  readonly version: string;
  /** How many threads compute on the CPU. */
  readonly threads: number;
}

/** Why a build for CUDA has no device but the CPU; undefined for others. */
export function missingGpu({ cuda, devices }: Pick<TorchAddon, 'cuda' | 'devices'>): string | undefined {
  return cuda && devices().every(({ id }) => id === 'cpu') ? 'built for CUDA, but no GPU is visible' : undefined;
}

/** Where the addon is looked for. */
export function torchDirectory(): string {
  return process.env[DIRECTORY_VARIABLE] ?? engineDirectory('torch');
}

/** How often a thread that waits looks again before it sleeps: about a third of a millisecond. */
const SPINS = '100000';

/** Loads the addon that `npm run engine:torch` built. @throws Error saying why it does not load and what to do */
export function loadTorchAddon(directory = torchDirectory()): TorchAddon {
  if (isStale(directory))
    throw new Error(
      `${join(directory, ADDON_FILE)} was built from other sources; build it again with npm run engine:torch`,
    );
  // Before the library's OpenMP (GCC's, in the wheels) reads it: left alone, its threads turn for milliseconds where they wait, in the way of those that
  // they wait for as soon as anything else takes the cores: a gradient of 28 ms took 230 to 540. Threads that sleep at once make a step on idle cores
  // a fifth slower.
  if (process.env['OMP_WAIT_POLICY'] === undefined) process.env['GOMP_SPINCOUNT'] ??= SPINS;
  try {
    return createRequire(import.meta.url)(join(directory, ADDON_FILE)) as TorchAddon;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    const [reason = ''] = messageOf(error).split('\n');
    throw new Error(
      missing
        ? `it is not built: ${directory} has no ${ADDON_FILE}; build it with npm run engine:torch`
        : `${join(directory, ADDON_FILE)} does not load (${reason}); build it again with npm run engine:torch`,
      { cause: error },
    );
  }
}
