import { ModelState as StateCode } from '../../proto/gen/maxmargin/v1/model.js';
import type {
  Evaluation as EvaluationMessage,
  Model as ModelMessage,
  ModelSpec,
  ModelVersion as VersionMessage,
} from '../../proto/gen/maxmargin/v1/model.js';
import { normFromCode, safeNumber, toDate } from './plain.js';
import type { Norm } from './plain.js';

/** Which version; with neither version nor alias the champion, and without a name the only model there is. */
export interface ModelSelector {
  readonly name?: string | undefined;
  /** From 1. */
  readonly version?: number | undefined;
  /** Such as `champion`; only without `version`. */
  readonly alias?: string | undefined;
}

export type ModelState = 'unknown' | 'available' | 'loading' | 'ready' | 'failed';

export interface Model {
  readonly name: string;
  /** Oldest first. */
  readonly versions: readonly ModelVersion[];
  /** alias → version. */
  readonly aliases: Readonly<Record<string, number>>;
}

export interface ModelVersion {
  readonly name: string;
  readonly version: number;
  readonly state: ModelState;
  /** Why it cannot answer, if it cannot; otherwise empty. */
  readonly stateReason: string;
  readonly aliases: readonly string[];
  readonly publishTime?: Date | undefined;
  /** height, width, channels. */
  readonly inputShape: readonly number[];
  /** The values an input may have. */
  readonly bounds: { readonly lower: number; readonly upper: number };
  readonly labels: readonly string[];
  readonly norm: Norm;
  /** d_max of training. */
  readonly maxDistance: number;
  readonly evaluation?: Evaluation | undefined;
  /** The parsed manifest, if it came. */
  readonly manifest?: unknown;
}

/** What a model did on a test set when its training ended. */
export interface Evaluation {
  readonly examples: number;
  /** 0 to 1. */
  readonly cleanAccuracy: number;
  readonly marginExamples: number;
  /** A misclassified example counts 0, one for which nothing was found `maxDistance`. */
  readonly meanMargin: number;
  readonly medianMargin: number;
  /** 0 to 1. */
  readonly notFoundFraction: number;
  readonly norm: Norm;
  readonly maxDistance: number;
  /** Upper bucket edges, ascending. */
  readonly histogramEdges: readonly number[];
  /** One more than edges. */
  readonly histogramCounts: readonly number[];
  /** What measured the margins, and what one cost at most; empty and 0 where a server does not say. */
  readonly attack: string;
  readonly gradientEvaluations: number;
  /** At a few ε, ascending; empty if it was not measured. */
  readonly robustAccuracies: readonly RobustAccuracy[];
}

/** The fraction of examples that withstood attacks at one ε. */
export interface RobustAccuracy {
  readonly epsilon: number;
  readonly examples: number;
  /** 0 to 1: correct, and robust to every attack and restart. */
  readonly accuracy: number;
  readonly attacks: readonly string[];
  /** Of each run of an attack, and runs of all attacks together. */
  readonly iterations: number;
  readonly restarts: number;
}

const STATES: Readonly<Record<StateCode, ModelState>> = {
  [StateCode.UNSPECIFIED]: 'unknown',
  [StateCode.UNRECOGNIZED]: 'unknown',
  [StateCode.AVAILABLE]: 'available',
  [StateCode.LOADING]: 'loading',
  [StateCode.READY]: 'ready',
  [StateCode.FAILED]: 'failed',
};

export function toModelSpec(selector: ModelSelector | undefined): ModelSpec {
  const { name = '', version, alias } = selector ?? {};
  if (version !== undefined) return { name, selector: { $case: 'version', value: BigInt(version) } };
  return { name, selector: alias === undefined ? undefined : { $case: 'alias', value: alias } };
}

export function fromModel(model: ModelMessage): Model {
  return {
    name: model.name,
    versions: model.versions.map(fromVersion),
    aliases: Object.fromEntries(Object.entries(model.aliases).map(([alias, version]) => [alias, safeNumber(version)])),
  };
}

export function fromVersion(version: VersionMessage): ModelVersion {
  return {
    name: version.name,
    version: safeNumber(version.version),
    state: STATES[version.state],
    stateReason: version.stateReason,
    aliases: version.aliases,
    publishTime: toDate(version.publishTime),
    inputShape: version.inputShape.map(safeNumber),
    bounds: { lower: version.lowerBound, upper: version.upperBound },
    labels: version.labels,
    norm: normFromCode(version.norm),
    maxDistance: version.maxDistance,
    evaluation: version.evaluation && fromEvaluation(version.evaluation),
    ...(version.manifestJson === '' ? {} : { manifest: JSON.parse(version.manifestJson) as unknown }),
  };
}

export function fromEvaluation(evaluation: EvaluationMessage): Evaluation {
  return {
    ...evaluation,
    examples: safeNumber(evaluation.examples),
    marginExamples: safeNumber(evaluation.marginExamples),
    norm: normFromCode(evaluation.norm),
    histogramCounts: evaluation.histogramCounts.map(safeNumber),
    gradientEvaluations: safeNumber(evaluation.gradientEvaluations),
    robustAccuracies: evaluation.robustAccuracies.map((robust) => ({
      ...robust,
      examples: safeNumber(robust.examples),
      iterations: safeNumber(robust.iterations),
      restarts: safeNumber(robust.restarts),
    })),
  };
}
