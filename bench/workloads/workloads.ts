import { openClassify } from './classify.js';
import { openGradient } from './gradient.js';
import { openMargin } from './margin.js';
import { openStep } from './step.js';
import type { OpenWorkload, WorkloadSettings } from './workload.js';

/** A workload by its name on the command line. */
export interface WorkloadKind {
  readonly open: OpenWorkload;
  /** What is timed, for people. */
  readonly what: string;
  /** The name of its time in JSON. */
  readonly figure: string;
  readonly byDefault: WorkloadSettings;
}

export const WORKLOADS = {
  step: {
    open: openStep,
    what: 'MMA step',
    figure: 'secondsPerStep',
    byDefault: { model: 'lenet5', batch: 50, iterations: 40 },
  },
  gradient: {
    open: openGradient,
    what: 'PGD iteration',
    figure: 'secondsPerGradient',
    byDefault: { model: 'lenet5', batch: 50, iterations: 10 },
  },
  classify: {
    open: openClassify,
    what: 'batch of logits',
    figure: 'secondsPerBatch',
    byDefault: { model: 'lenet5', batch: 50, iterations: 10 },
  },
  margin: {
    open: openMargin,
    what: 'margin search',
    figure: 'secondsPerMargin',
    byDefault: { model: 'lenet-8-16-64', batch: 1, iterations: 40 },
  },
} as const satisfies Record<string, WorkloadKind>;

export type WorkloadName = keyof typeof WORKLOADS;
