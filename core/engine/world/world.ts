/** The processes that train one model together, seen from one of them. */
export interface World {
  /** This process: 0 … size − 1. */
  readonly rank: number;
  readonly size: number;
  /**
   * Adds up numbers over all processes, in place. It waits for the others, so all of them call it in the same order, with as many numbers.
   *
   * @throws Error if another process is lost
   */
  total(values: Int32Array | Float64Array): void;
}

/** A process that trains by itself. */
export const ALONE: World = { rank: 0, size: 1, total: () => undefined };
