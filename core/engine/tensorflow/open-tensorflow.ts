import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { backend, memory, ready, setBackend, version_core } from '@tensorflow/tfjs-core';
import { DomainError, messageOf } from '../../errors.js';
import { eager } from '../compile.js';
import type { OpenedEngine } from '../engine.js';
import { engineDirectory } from '../install/engine-directory.js';
import { installKernels } from '../kernel-replacement.js';
import { wholeTfjs } from '../whole-tfjs.js';
import { TFJS_NODE, TFJS_NODE_VARIABLE, tfjsNodeDirectory } from './binding-location.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './padded-convolutions.js';

const ADVICE = 'build it for this machine with: npm run engine:tensorflow';
const NAMED_ADVICE = 'name a directory that holds what npm run engine:tensorflow builds, or unset the variable';

/** What is used of the backend that the package registers. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** Opens TensorFlow: on a GPU where libtensorflow finds one that it supports, else on all cores. */
export async function openTensorflow(): Promise<OpenedEngine> {
  // For its gradients.
  wholeTfjs();
  prepareProcess();
  loadBinding();
  if (!(await setBackend('tensorflow'))) throw new DomainError('internal', 'its backend did not initialise');
  await ready();
  installKernels('tensorflow', [conv2d, conv2dBackpropInput, conv2dBackpropFilter]);
  const { isUsingGpuDevice, binding } = backend() as unknown as NodeBackend;
  return {
    name: 'tensorflow',
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
    library: `TensorFlow.js ${version_core} on TensorFlow ${binding.TF_Version}`,
    compile: eager,
    memory,
  };
}

/** Sets what libtensorflow reads from the environment when it is loaded; what is set already stays. */
function prepareProcess(): void {
  // Without this it writes a page about instruction sets to the standard error of every process.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // Without this the first process takes all of the GPU's memory, and a server beside a trainer finds none.
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Without this, sums on a GPU are added in any order: the same request would not get the same answer.
  process.env['TF_DETERMINISTIC_OPS'] ??= '1';
  // Without this, libtensorflow 2.21 convolves wrongly on a CPU where strides are uneven, there is one input channel and the result is one
  // pixel wide (oneDNN; its own kernels are right), and it writes a line about oneDNN that no log level silences.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '0';
  // Node 23 removed util.isNullOrUndefined, which tfjs-node 4.22 still calls for every executed operation.
  const removed = util as unknown as Record<string, unknown>;
  removed['isNullOrUndefined'] ??= (value: unknown): boolean => value === null || value === undefined;
}

/** Loads the package that the environment names, else the one that was built on this machine, else npm's. */
function loadBinding(): void {
  const named = process.env[TFJS_NODE_VARIABLE];
  const built = tfjsNodeDirectory(engineDirectory('tensorflow'));
  const require = createRequire(import.meta.url);
  if (named !== undefined) loadFrom(named, `${TFJS_NODE_VARIABLE}=${named}`, NAMED_ADVICE);
  else if (existsSync(built)) loadFrom(built, built, ADVICE);
  else attempt(() => require(TFJS_NODE) as unknown, `${TFJS_NODE} does not load`, ADVICE);
}

function loadFrom(directory: string, name: string, advice: string): void {
  const found = createRequire(join(directory, 'package.json'));
  const library = attempt(() => found.resolve('@tensorflow/tfjs'), name, advice);
  // Two copies would register their kernels and their engine over each other's.
  if (library !== createRequire(import.meta.url).resolve('@tensorflow/tfjs'))
    throw new Error(`${name}: expected a package that finds this project's @tensorflow/tfjs, got ${library}`);
  attempt(() => found(directory) as unknown, `${name} does not load`, advice);
}

function attempt<T>(load: () => T, failure: string, advice: string): T {
  try {
    return load();
  } catch (error) {
    // Node appends the list of importers, of which nobody who runs this can make anything.
    const [reason = ''] = messageOf(error).split('\n');
    throw new Error(`${failure} (${reason}); ${advice}`, {
      cause: error,
    });
  }
}
