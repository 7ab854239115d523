import type { TensorType } from '../../graph/graph.js';
import type { Values } from '../../graph/ops/sources.js';
import type { ArrayPool } from '../array-pool.js';
import type { OnnxType } from '../onnx-model.js';
import { openSession, type OnnxBuffer } from '../onnx-session.js';

/** What a session is fed: the name, which of the graph's inputs it is, and the shape that its elements are fed in. */
export interface FedInput {
  readonly name: string;
  readonly place: number;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

export interface FetchedOutput {
  readonly name: string;
  readonly type: TensorType;
}

/** What a session is opened with. */
export interface GraphSessionOptions {
  readonly fed: readonly FedInput[];
  readonly fetched: readonly FetchedOutput[];
  /** Where results are taken from. */
  readonly pool: ArrayPool;
  /** Whether threads share the work. */
  readonly threads: boolean;
}

/** A graph that ONNX Runtime has loaded. */
export interface GraphSession {
  /**
   * @param buffers the graph's inputs
   * @param more fed by name besides
   * @returns new arrays, one for each output
   */
  run(buffers: readonly Values[], more?: Readonly<Record<string, OnnxBuffer>>): readonly Values[];
  dispose(): void;
}

/** Loads a model of a graph. The bytes may be changed or dropped afterwards. */
export function openGraphSession(
  model: Uint8Array<ArrayBuffer>,
  { fed, fetched, pool, threads }: GraphSessionOptions,
): GraphSession {
  const session = openSession(model, threads ? {} : { intraOpNumThreads: 1 });
  return {
    // Called thousands of times a second where graphs are small, so it makes no more than it must.
    run: (buffers, more) => {
      const feeds: Record<string, OnnxBuffer> = { ...more };
      for (const { name, place, type, shape } of fed) feeds[name] = { type, shape, data: buffers[place] as Values };
      const fetches: Record<string, OnnxBuffer> = {};
      const results: Values[] = [];
      for (const { name, type } of fetched) {
        const data = pool.take(type);
        results.push(data);
        fetches[name] = { type: type.dtype, shape: type.shape, data };
      }
      session.run(feeds, fetches);
      return results;
    },
    dispose: () => {
      session.dispose();
    },
  };
}
