import { availableParallelism } from 'node:os';
import { nativeCall } from '../compiled/native-call.js';
import { loadNativeRuntime, runInPlace, type NativeOptions, type NativeTensor } from './native-binding.js';
import type { OnnxType } from './onnx-model.js';
import { WRITTEN } from './outputs-in-place.js';

/** A tensor in memory that a session reads from or writes to. */
export interface OnnxBuffer {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Float32Array, Int32Array, BigInt64Array or, for bool and uint8, Uint8Array. */
  readonly data: ArrayBufferView;
}

/** A model that ONNX Runtime has loaded. */
export interface OnnxSession {
  /**
   * Runs the model in this thread.
   *
   * @param inputs by name; read in place
   * @param outputs by name; written in place
   */
  run(inputs: Readonly<Record<string, OnnxBuffer>>, outputs: Readonly<Record<string, OnnxBuffer>>): void;
  /**
   * Runs the model in this thread.
   *
   * @param outputs names
   * @returns these outputs, in new memory
   */
  compute(
    inputs: Readonly<Record<string, OnnxBuffer>>,
    outputs: readonly string[],
  ): Readonly<Record<string, OnnxBuffer>>;
  dispose(): void;
}

const MARK: NativeTensor = { type: 'float32', dims: [1], data: new Float32Array(1), location: 'cpu' };

/** How many threads a run computes in. */
export const SESSION_THREADS = availableParallelism();

const OPTIONS: NativeOptions = {
  graphOptimizationLevel: 'all',
  intraOpNumThreads: SESSION_THREADS,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: true,
  enableMemPattern: true,
  logSeverityLevel: 3,
  extra: {
    session: {
      // Without this the threads of each session keep turning for a while after a run, and those of another find no core: 18 ms become 50.
      force_spinning_stop: '1',
      // Work is divided into parts that get smaller, so that where a core has other work, too, all do not wait for it: a step takes 1 to 9 % less then.
      dynamic_block_base: '4',
    },
  },
};

/**
 * Loads a model. The bytes may be changed or dropped afterwards.
 *
 * @throws DomainError `internal` with ONNX Runtime's reason where it does not accept the model
 */
export function openSession(model: Uint8Array<ArrayBuffer>, options: Partial<NativeOptions> = {}): OnnxSession {
  const session = loadNativeRuntime().createSession();
  nativeCall('onnx', 'a model', () => {
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, { ...OPTIONS, ...options });
  });
  const isMarked = session.outputMetadata[0]?.name === WRITTEN;
  return {
    run: (inputs, outputs) => {
      nativeCall('onnx', 'a run', () => {
        if (isMarked) runInPlace(session, native(inputs), { [WRITTEN]: MARK, ...native(outputs) });
        else session.run(native(inputs), native(outputs), {});
      });
    },
    compute: (inputs, outputs) =>
      nativeCall('onnx', 'a run', () => {
        const unwritten = Object.fromEntries(outputs.map((name) => [name, null]));
        const results = Object.entries(session.run(native(inputs), unwritten, {}));
        return Object.fromEntries(results.map(([name, { type, dims, data }]) => [name, { type, shape: dims, data }]));
      }),
    dispose: () => {
      if (options.enableProfiling === true) session.endProfiling();
      session.dispose();
    },
  };
}

function native(buffers: Readonly<Record<string, OnnxBuffer>>): Readonly<Record<string, NativeTensor>> {
  const tensors: Record<string, NativeTensor> = {};
  for (const name of Object.keys(buffers)) {
    const { type, shape, data } = buffers[name] as OnnxBuffer;
    tensors[name] = { type, dims: shape, data, location: 'cpu' };
  }
  return tensors;
}
