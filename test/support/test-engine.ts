import { ENGINE_NAMES } from '../../core/engine/engine.js';

const chosen = process.env['MAXMARGIN_TEST_ENGINE'] ?? 'wasm';
const found = ENGINE_NAMES.find((name) => name === chosen);
if (found === undefined)
  throw new Error(`MAXMARGIN_TEST_ENGINE: expected one of ${ENGINE_NAMES.join(', ')}, got ${chosen}`);

/** The engine that numeric tests run on: wasm, unless a test of other engines runs them in a process of its own. */
export const TEST_ENGINE = found;
