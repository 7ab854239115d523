import type { Facts } from '../workloads/workload.js';

/** One of those that do the same work in turns. */
export interface Contestant {
  /** For people. */
  readonly name: string;
  /** Everything that is done once: compiling, and runs that are not counted. */
  warmUp(runs: number): Promise<void>;
  /** One turn. @returns seconds a unit of work, the median of so many runs */
  turn(runs: number): Promise<number>;
  /** Engine, device, library, threads, precision, shapes, …; asked after the last turn. */
  facts(): Promise<Facts>;
  close(): Promise<void>;
}
