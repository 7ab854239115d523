import { DomainError } from '../errors.js';
import type { Engine, EngineChoice } from './engine.js';
import { openWasm } from './wasm/open-wasm.js';

/** Opens the engine of this process. */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  if (choice === 'tensorflow') throw new DomainError('unavailable', 'engine tensorflow: not there');
  return openWasm();
}
