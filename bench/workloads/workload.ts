import type { Engine } from '../../core/engine/engine.js';

/** What a workload is opened with; plain JSON, so that another process can be given it. */
export interface WorkloadSettings {
  /** `lenet5`, `wrn-28-4`, `mlp-256-128`, …: see {@link sizedFamily}. */
  readonly model: string;
  /** Images at a time. */
  readonly batch: number;
  /** Of an attack, or repetitions in one run: each workload says. */
  readonly iterations: number;
}

/** What is said of a measurement beside its times; plain JSON. */
export type Facts = Readonly<Record<string, unknown>>;

/** Work that is timed. */
export interface Workload {
  /** How many of what a time is given for are done in one run. */
  readonly unitsPerRun: number;
  /** One run, to the end: everything that it started has been computed. */
  run(): Promise<void>;
  /** Shapes, and what a run came to; asked after the last run. */
  facts(): Promise<Facts>;
  dispose(): void;
}

export type OpenWorkload = (engine: Engine, settings: WorkloadSettings) => Promise<Workload>;
