import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { ALL_REDUCE_SUM } from '../../core/engine/world/all-reduce.js';
import type { World } from '../../core/engine/world/world.js';

/** Numbers that one thread may hand in at a time. */
const CAPACITY = 200_000;

/** What threads meet over. */
export interface Meeting {
  readonly size: number;
  /** How many have come, and how often all have. */
  readonly arrivals: SharedArrayBuffer;
  readonly handedIn: SharedArrayBuffer;
}

/** A meeting of `size` threads. */
const meeting = (size: number): Meeting => ({
  size,
  arrivals: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
  handedIn: new SharedArrayBuffer(size * CAPACITY * Float64Array.BYTES_PER_ELEMENT),
});

/** A world whose processes are threads of one, so that it needs no engine of several. */
export function threadWorld({ size, arrivals, handedIn }: Meeting, rank: number): World {
  const [counters, all] = [new Int32Array(arrivals), new Float64Array(handedIn)];
  const waitForAll = (): void => {
    const round = Atomics.load(counters, 1);
    if (Atomics.add(counters, 0, 1) === size - 1) {
      Atomics.store(counters, 0, 0);
      Atomics.add(counters, 1, 1);
      Atomics.notify(counters, 1);
    } else while (Atomics.load(counters, 1) === round) Atomics.wait(counters, 1, round, 10_000);
  };
  return {
    rank,
    size,
    total: (values) => {
      if (values.length > CAPACITY) throw new RangeError(`expected at most ${CAPACITY} numbers, got ${values.length}`);
      all.set(values, rank * CAPACITY);
      waitForAll();
      for (let i = 0; i < values.length; i++)
        values[i] = Array.from({ length: size }, (_, other) => all[other * CAPACITY + i]!).reduce((a, b) => a + b);
      // Nobody hands in the next numbers while somebody still reads these.
      waitForAll();
    },
  };
}

/** Gives the wasm engine of this thread the kernel that engines of several processes have. */
export function registerAllReduce(world: World): void {
  registerKernel({
    kernelName: ALL_REDUCE_SUM,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = (inputs as { readonly x: TensorInfo }).x;
      const { readSync, write } = backend as {
        readSync: (dataId: object) => Float32Array;
        write: (values: Float32Array, shape: number[], dtype: string) => object;
      };
      const values = Float64Array.from(readSync.call(backend, dataId));
      world.total(values);
      return { dataId: write.call(backend, Float32Array.from(values), shape, dtype), shape, dtype };
    },
  });
}

/** Runs a module in as many threads as a meeting is for. @returns what each of them posted, by rank */
export async function inThreads<Result>(module: URL, size: number, task: unknown): Promise<readonly Result[]> {
  const shared = meeting(size);
  const workers = Array.from(
    { length: size },
    (_, rank) => new Worker(module, { workerData: { meeting: shared, rank, task } }),
  );
  try {
    return await Promise.all(workers.map(async (worker) => ((await once(worker, 'message')) as [Result])[0]));
  } finally {
    // Should one have failed, the others would wait for it.
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
