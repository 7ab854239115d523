import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { memory, ready, setBackend, version_core } from '@tensorflow/tfjs-core';
import type { setWasmPaths as SetWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { DomainError } from '../../errors.js';
import { eager } from '../compile.js';
import type { OpenedEngine } from '../engine.js';
import { wholeTfjs } from '../whole-tfjs.js';
import { installTrainingKernels } from './training-kernels.js';

/** Opens the WebAssembly engine: one thread, needs nothing but its npm package. */
export async function openWasm(): Promise<OpenedEngine> {
  // For its gradients.
  wholeTfjs();
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@tensorflow/tfjs-backend-wasm');
  // Not imported for the same reason as the whole package.
  const { setWasmPaths } = require(entry) as { readonly setWasmPaths: typeof SetWasmPaths };
  setWasmPaths(join(dirname(entry), '..', 'wasm-out') + sep);
  await withoutProcessListeners(async () => {
    if (!(await setBackend('wasm'))) throw new DomainError('internal', 'engine wasm: its backend did not initialise');
    await ready();
  });
  installTrainingKernels();
  return {
    name: 'wasm',
    device: 'cpu',
    library: `TensorFlow.js ${version_core} wasm`,
    threads: 1,
    compile: eager,
    memory,
  };
}

/**
 * Emscripten's glue (tfjs-backend-wasm 4.22) listens to the process' uncaught exceptions and throws them again. Left in place, an error
 * anywhere in the process would end it with a page of minified source, past whatever else listens.
 */
async function withoutProcessListeners(open: () => Promise<void>): Promise<void> {
  const events: NodeJS.EventEmitter = process;
  const crashes = ['uncaughtException', 'unhandledRejection'].map((event) => ({
    event,
    before: new Set(events.rawListeners(event)),
  }));
  await open();
  for (const { event, before } of crashes)
    for (const listener of events.listeners(event) as (() => void)[])
      if (!before.has(listener)) events.removeListener(event, listener);
}
