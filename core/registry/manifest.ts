import type { Bounds, Norm } from '../margin/threat-model.js';

export const MANIFEST_FORMAT = 1;
export const MANIFEST_FILE = 'manifest.json';
export const ONNX_FILE = 'model.onnx';
/** How a version was trained; absent in versions that are imported, or were published without it. */
export const HISTORY_FILE = 'training-history.json';

/** What a model did on a test set when its training ended. */
export interface EvaluationRecord {
  /** Examples that the clean accuracy is of. */
  readonly examples: number;
  /** 0 to 1. */
  readonly cleanAccuracy: number;
  /** Examples that the margins are of. */
  readonly marginExamples: number;
  /** A misclassified example counts 0, one for which nothing was found `maxDistance`. */
  readonly meanMargin: number;
  readonly medianMargin: number;
  /** The share for which nothing was found up to `maxDistance`, 0 to 1. */
  readonly notFoundFraction: number;
  readonly norm: Norm;
  readonly maxDistance: number;
  /** The attack that measured the margins, and the gradient evaluations that an example cost. */
  readonly attack: string;
  readonly gradientEvaluations: number;
  readonly histogram: MarginHistogram;
  /** At a few ε, ascending; absent in versions that were published without it. */
  readonly robustAccuracies?: readonly RobustAccuracyRecord[];
}

/** The fraction of examples that withstood attacks at one ε. */
export interface RobustAccuracyRecord {
  readonly epsilon: number;
  /** Examples that it is of. */
  readonly examples: number;
  /** 0 to 1: correct, and robust to every attack and restart. */
  readonly accuracy: number;
  readonly attacks: readonly string[];
  /** Of each run of an attack, and runs of all attacks together. */
  readonly iterations: number;
  readonly restarts: number;
}

/** Margins counted into buckets. */
export interface MarginHistogram {
  /** Upper edges, ascending. */
  readonly edges: readonly number[];
  /** One more than edges: the last counts examples for which nothing was found. */
  readonly counts: readonly number[];
}

/** That a training ended before its last step because validations no longer became better. */
export interface EarlyStop {
  /** Optimizer steps and whole epochs that were done. */
  readonly step: number;
  readonly epoch: number;
  /** How many validations in a row had found no larger mean margin. */
  readonly validations: number;
  /** The largest one, and after how many steps it was found: those weights are kept. */
  readonly bestMargin: number;
  readonly bestStep: number;
}

/** How `model.onnx` was checked when it was published. */
export type OnnxCheck =
  | {
      /** What ran it, and its version. */
      readonly runtime: string;
      /** Between its logits and the LayersModel's, relative to the largest. */
      readonly largestDifference: number;
    }
  /** Why nothing could run it there. */
  | { readonly unchecked: string };

/** `manifest.json`: everything about a version but its weights. Written last; a version without it does not exist. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly name: string;
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly publishTime: string;
  /** The maxmargin version that wrote it. */
  readonly codeVersion: string;
  /** Every other file of the version: its length and SHA-256 in lower-case hex. */
  readonly files: Readonly<Record<string, { readonly sizeBytes: number; readonly sha256: string }>>;
  /** height, width, channels. */
  /** The family of the network: `lenet`, `layers-model`; absent in versions that were published without it. */
  readonly architecture?: string;
  readonly inputShape: readonly [number, number, number];
  readonly bounds: Bounds;
  /** One name per class. */
  readonly labels: readonly string[];
  readonly threatModel: { readonly norm: Norm; readonly maxDistance: number };
  /** Where it came from. */
  readonly origin:
    | {
        readonly kind: 'trained';
        /** The training job, so that a job that is continued publishes once. */
        readonly job: string;
        /** What was trained, as JSON: every setting and the seed. */
        readonly configuration: unknown;
        readonly engine: string;
        readonly dataFingerprint: string;
        /** Optimizer steps that were done, and after how many of them the weights were as they are here. */
        readonly steps?: number;
        readonly keptStep?: number;
        /** Absent where all steps were done. */
        readonly earlyStop?: EarlyStop;
      }
    | { readonly kind: 'imported'; readonly format: string; readonly sha256: string };
  /** The champion at the time of publication, if there was one. */
  readonly parentVersion?: number;
  readonly evaluation?: EvaluationRecord;
  /** Absent in versions that were published without `model.onnx`. */
  readonly onnx?: OnnxCheck;
  /** Ed25519 over the rest, base64. */
  readonly signature?: string;
}
