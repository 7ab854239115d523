import { ENGINE_NAMES, type EngineName } from '../../core/engine/engine.js';
import { loadNativeRuntime } from '../../core/engine/onnx/native-binding.js';

/** What `auto` chooses: onnx, where its binary loads. */
function embedded(): EngineName {
  try {
    loadNativeRuntime();
    return 'onnx';
  } catch {
    return 'wasm';
  }
}

const chosen = process.env['MAXMARGIN_TEST_ENGINE'] ?? embedded();
const found = ENGINE_NAMES.find((name) => name === chosen);
if (found === undefined)
  throw new Error(`MAXMARGIN_TEST_ENGINE: expected one of ${ENGINE_NAMES.join(', ')}, got ${chosen}`);

/** The engine that numeric tests run on: the embedded default, unless a test of other engines runs them in a process of its own. */
export const TEST_ENGINE = found;
