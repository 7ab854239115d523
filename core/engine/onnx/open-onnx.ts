import { memory } from '@tensorflow/tfjs-core';
import { messageOf } from '../../errors.js';
import { compileFor } from '../compiled/compile.js';
import { residentTensors } from '../compiled/resident-tensors.js';
import type { Compile, OpenedEngine } from '../engine.js';
import { openWasm } from '../wasm/open-wasm.js';
import { loadNativeRuntime, type NativeRuntime } from './native-binding.js';
import { SESSION_THREADS } from './onnx-session.js';
import { onnxRuntime } from './onnx-runtime.js';

/** What compiles; the tensors that it keeps are those of the process. */
let compile: Compile | undefined;

/** Opens ONNX Runtime on the CPU: compiled functions run there; what is not compiled runs on wasm. */
export async function openOnnx(): Promise<OpenedEngine> {
  const { version } = load();
  await openWasm();
  const runtime = onnxRuntime();
  compile ??= compileFor(runtime, residentTensors('onnx', runtime));
  return { name: 'onnx', device: 'cpu', library: `ONNX Runtime ${version}`, threads: SESSION_THREADS, compile, memory };
}

function load(): NativeRuntime {
  try {
    return loadNativeRuntime();
  } catch (error) {
    // Node appends the list of importers, of which nobody who runs this can make anything.
    const [reason = ''] = messageOf(error).split('\n');
    const machine = `${process.platform} ${process.arch}`;
    throw new Error(
      `onnxruntime-node does not load on ${machine} (${reason}); it has binaries for Linux, macOS and Windows`,
      {
        cause: error,
      },
    );
  }
}
