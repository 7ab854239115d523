import type { Context } from 'mocha';
import type { Engine } from '../../core/engine/engine.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { loadTorchAddon } from '../../core/engine/torch/addon-binding.js';
import { messageOf } from '../../core/errors.js';

/** Opens torch for the tests of a suite, which are skipped, saying why, where it is not built. */
export async function openTorchFor(context: Context): Promise<Engine> {
  return openEngine('torch').catch((error: unknown) => skipSuite(context, messageOf(error)));
}

/** The same on a GPU: the first that libtorch sees. */
export async function openTorchOnGpuFor(context: Context): Promise<Engine> {
  const engine = await openTorchFor(context);
  const gpus = loadTorchAddon()
    .devices()
    .filter(({ id }) => id !== 'cpu');
  return gpus.length === 0 ? skipSuite(context, 'libtorch sees no GPU') : engine;
}

function skipSuite(context: Context, reason: string): never {
  // The suite's own title has been printed by now; one line says what hundreds would.
  const suite = context.test?.parent;
  const [first, ...others] = suite?.tests ?? [];
  suite?.tests.splice(1);
  suite?.suites.splice(0);
  if (first !== undefined) first.title += ` (skipped, and ${others.length} more: ${reason})`;
  return context.skip();
}
