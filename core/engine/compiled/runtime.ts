import type { Graph, TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';

/** A graph made ready to run. */
export interface Program<Buffer> {
  /**
   * Runs it.
   *
   * @param inputs the caller's, one for each of the graph's inputs; not changed
   * @returns new buffers, one for each of the graph's outputs, which the caller releases
   */
  run(inputs: readonly Buffer[]): readonly Buffer[];
  dispose(): void;
}

/** What is known of how a program will be run. */
export interface ProgramHints {
  /** How many of the graph's first inputs are weights. */
  readonly weights: number;
  /** About how many runs in a row are given the same buffers as weights. */
  readonly runsPerWeights: number;
}

/** What runs graphs. Buffers hold tensors where it computes, and are its own affair; everything is synchronous. */
export interface Runtime<Buffer> {
  upload(values: Values, type: TensorType): Buffer;
  /** @returns values that nobody else changes */
  download(buffer: Buffer, type: TensorType): Values;
  release(buffer: Buffer): void;
  /** @throws internal naming an operation that it cannot run */
  load(graph: Graph, hints: ProgramHints): Program<Buffer>;
}
