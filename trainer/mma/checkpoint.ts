import { createHash } from 'node:crypto';
import type { Architecture } from '../../core/model/architecture.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { RandomState } from '../../core/random.js';
import type { Examples } from '../data/dataset.js';
import type { HistoryRecord } from './history-record.js';
import type { StepFigures } from './progress.js';
import type { TrainingConfig } from './training-config.js';
import type { Validation } from './validation.js';

/** Everything that a training needs to continue as if it had never stopped: on the wasm engine, to the same bits. */
export interface Checkpoint {
  /** Of what is trained, see {@link trainingFingerprint}. */
  readonly fingerprint: string;
  /** Steps done. */
  readonly step: number;
  /** Parameters and running statistics. */
  readonly weights: HostTensors;
  /** The optimizer's state. */
  readonly moments: HostTensors;
  /** The radius of each training example. */
  readonly radii: Float32Array;
  /** The order of the training examples in the epoch of the last step. */
  readonly order: Uint32Array;
  /** What the next random number comes from. */
  readonly random: RandomState;
  /** What the last step reported. */
  readonly figures: StepFigures;
  readonly history: HistoryRecord;
  /** The last validation. */
  readonly validation?: Validation;
  /** The weights with the largest mean validation margin so far. */
  readonly best?: { readonly validation: Validation; readonly weights: HostTensors };
  /** Validations since then; not given: 0. */
  readonly withoutBetter?: number;
}

/** SHA-256, in hex, of everything that decides what a training computes, so that a checkpoint continues nothing else. */
export function trainingFingerprint(
  config: TrainingConfig,
  architecture: Architecture,
  train: Examples,
  validation: Examples,
): string {
  const hash = createHash('sha256').update(canonicalJson({ config, architecture }));
  for (const examples of [train, validation]) hash.update(examples.images).update(examples.labels);
  return hash.digest('hex');
}

/** JSON with names in order, so that equal values have equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
