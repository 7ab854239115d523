import type { MarginFinding, MarginStatus } from '../core/margin/margin-search.js';
import { NORMS, type Norm } from '../core/margin/threat-model.js';
import type { Manifest } from '../core/registry/manifest.js';
import { DURATION_EDGES_SECONDS, type Counter, type Gauge, type Histogram, type Metrics } from '../host/metrics.js';
import { maxDistanceFor } from './max-distance.js';

/** Margins are counted in buckets whose edges are these fractions of the model's d_max. */
const EDGES_OF_MAX_DISTANCE = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;
/** Where inputs for which nothing was found are counted: above every edge. */
const BEYOND = 1.05;
const BATCH_SIZE_EDGES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] as const;

const JOBS = ['classify', 'margin'] as const;
type Job = (typeof JOBS)[number];

/** What becomes of an input that is classified. */
const CLASSIFY_RESULTS = ['classified', 'failed'] as const;
/** What becomes of an input whose margin is asked for. */
const MARGIN_RESULTS = ['found', 'not-found', 'misclassified', 'target-reached', 'failed'] as const satisfies readonly (
  MarginStatus | 'failed'
)[];

/** What a request is answered by. */
interface VersionLabels {
  readonly model: string;
  readonly version: number;
}

/** Whose margins are counted. */
interface MarginLabels extends VersionLabels {
  readonly norm: Norm;
}

/** A margin request that was answered. */
interface AnsweredMargins {
  readonly findings: readonly MarginFinding[];
  /** d_max of the model, which scales the buckets. */
  readonly maxDistance: number;
  /** Whether the inputs' labels were given. */
  readonly labelled: boolean;
  /** Distances to a target are no margins, and not counted among them; predictions are not compared with labels. */
  readonly targeted: boolean;
  readonly seconds: number;
}

/** What is read of the predictor at every scrape. */
interface PredictorReadings {
  readonly queueDepth: (job: Job) => number;
  readonly running: (job: Job) => number;
  readonly readyWorkers: () => number;
}

/** What the server measures of itself. Series of a version are dropped when it is unloaded, so that they do not pile up. */
export interface ServerMetrics {
  readonly queueWait: Histogram<'job'>;
  readonly batchSize: Histogram<'job'>;
  readonly engineMemory: Gauge<'worker'>;
  readonly engineTensors: Gauge<'worker'>;
  readonly workerMemory: Gauge<'worker'>;
  readonly workerRestarts: Counter<'reason'>;
  readonly modelRefusals: Counter<'model'>;
  readonly modelLoad: Histogram<'model'>;
  readonly aliasVersion: Gauge<'model' | 'alias'>;
  /** Counts the inputs of a Classify request that was answered. */
  countClassified(labels: VersionLabels, inputs: number, seconds: number): void;
  /** Counts inputs that could not be classified. */
  countFailedClassifications(labels: VersionLabels, inputs: number): void;
  /** Counts what a margin request found. */
  countMargins(labels: MarginLabels, answered: AnsweredMargins): void;
  /** Counts inputs whose margins could not be computed. */
  countFailedMargins(labels: MarginLabels, inputs: number): void;
  /** Shows what is counted of each model there is, from 0, whether or not one of its versions can be loaded; drops the series of others. */
  knowModels(models: readonly string[]): void;
  /** Shows which models cannot be read. */
  showUnreadable(models: readonly string[]): void;
  /** Shows a version as loaded, and what is counted of it, from 0. */
  showModel(manifest: Manifest): void;
  /** Drops every series of a version. */
  forgetModel(model: string, version: number): void;
  /** Reads the predictor at every scrape. */
  watchPredictor(read: PredictorReadings): void;
}

const WORKER_END_REASONS = ['exited', 'hung'] as const;
const VERSION = ['model', 'version'] as const;
const MARGIN = ['model', 'version', 'norm'] as const;

export function createServerMetrics(metrics: Metrics): ServerMetrics {
  const distances = metrics.scaledHistogram({
    name: 'margin_distance',
    help: 'Margins found, of searches without a target: 0 where misclassified, above every edge where none was found; edges are fractions of d_max.',
    labels: MARGIN,
  });
  const margins = metrics.counter({
    name: 'margins_total',
    help: `Inputs whose margin was asked for, by result: ${MARGIN_RESULTS.join(', ')}.`,
    labels: [...MARGIN, 'result'],
  });
  const checked = metrics.counter({
    name: 'margins_checked_total',
    help: 'Inputs whose margin was asked for with their label and no target: those that can be misclassified.',
    labels: MARGIN,
  });
  const marginDurations = metrics.histogram(
    {
      name: 'margin_duration_seconds',
      help: 'Time of Margin requests that were answered, in the queue and in a worker.',
      labels: MARGIN,
    },
    DURATION_EDGES_SECONDS,
  );
  const classifications = metrics.counter({
    name: 'classifications_total',
    help: `Inputs of Classify requests, by result: ${CLASSIFY_RESULTS.join(', ')}.`,
    labels: [...VERSION, 'result'],
  });
  const classifyDurations = metrics.histogram(
    {
      name: 'classify_duration_seconds',
      help: 'Time of Classify requests that were answered, in the queue and in a worker.',
      labels: VERSION,
    },
    DURATION_EDGES_SECONDS,
  );
  const cutShort = metrics.counter({
    name: 'margins_cut_short_total',
    help: 'Margins whose search was ended by its deadline.',
    labels: MARGIN,
  });
  const evaluations = metrics.counter({
    name: 'gradient_evaluations_total',
    help: 'Gradient evaluations spent on margins, summed over inputs.',
    labels: MARGIN,
  });
  const info = metrics.gauge({
    name: 'model_info',
    help: '1 for each version in memory.',
    labels: [...VERSION, 'norm', 'max_distance'],
  });
  const cleanAccuracy = metrics.gauge({
    name: 'model_evaluation_clean_accuracy',
    help: 'Clean accuracy that the evaluation at publication found, 0 to 1.',
    labels: VERSION,
  });
  const meanMargin = metrics.gauge({
    name: 'model_evaluation_mean_margin',
    help: 'Mean margin that the evaluation at publication found.',
    labels: MARGIN,
  });
  const ofVersion = [
    ...[classifications, classifyDurations, margins, checked, marginDurations, distances, cutShort, evaluations],
    ...[info, cleanAccuracy, meanMargin],
  ];
  const queueWait = metrics.histogram(
    { name: 'queue_wait_seconds', help: 'Time that requests waited for a worker.', labels: ['job'] },
    DURATION_EDGES_SECONDS,
  );
  const batchSize = metrics.histogram(
    { name: 'batch_size', help: 'Inputs in a request.', labels: ['job'] },
    BATCH_SIZE_EDGES,
  );
  for (const job of JOBS) for (const metric of [queueWait, batchSize]) metric.show({ job });
  const workerRestarts = metrics.counter({
    name: 'worker_restarts_total',
    help: `Workers replaced, by reason: ${WORKER_END_REASONS.join(', ')}.`,
    labels: ['reason'],
  });
  for (const reason of WORKER_END_REASONS) workerRestarts.show({ reason });
  const modelRefusals = metrics.counter({
    name: 'model_refusals_total',
    help: 'Versions refused: their files do not match their manifest, or they could not be loaded.',
    labels: ['model'],
  });
  const modelLoad = metrics.histogram(
    { name: 'model_load_duration_seconds', help: 'Time to load, check and warm up a version.', labels: ['model'] },
    DURATION_EDGES_SECONDS,
  );

  const unreadable = metrics.gauge({
    name: 'model_unreadable',
    help: '1 for each model whose directory or aliases cannot be read: what was loaded of it goes on, and follows no change.',
    labels: ['model'],
  });
  let known: readonly string[] = [];

  return {
    queueWait,
    batchSize,
    workerRestarts,
    modelRefusals,
    modelLoad,
    engineMemory: metrics.gauge({
      name: 'engine_memory_bytes',
      help: 'Bytes in tensors of a worker.',
      labels: ['worker'],
    }),
    engineTensors: metrics.gauge({ name: 'engine_tensors', help: 'Tensors alive in a worker.', labels: ['worker'] }),
    workerMemory: metrics.gauge({
      name: 'worker_resident_memory_bytes',
      help: 'Resident memory of a worker process.',
      labels: ['worker'],
    }),
    aliasVersion: metrics.gauge({
      name: 'model_alias_version',
      help: 'The version that an alias is answered by.',
      labels: ['model', 'alias'],
    }),
    countClassified: (labels, inputs, seconds) => {
      classifications.add({ ...labels, result: 'classified' }, inputs);
      classifyDurations.observe(labels, seconds);
    },
    countFailedClassifications: (labels, inputs) => {
      classifications.add({ ...labels, result: 'failed' }, inputs);
    },
    countMargins: (labels, { findings, maxDistance, labelled, targeted, seconds }) => {
      for (const finding of findings) {
        const { status, distance } = finding;
        margins.add({ ...labels, result: status });
        // A search that ended before d_max must not look like a margin there.
        const counted = status === 'not-found' ? Math.max(distance, BEYOND * maxDistance) : distance;
        if (!targeted) distances.observe(labels, counted, edgesUpTo(maxDistance));
        evaluations.add(labels, finding.gradientEvaluations);
        if (!finding.complete) cutShort.add(labels);
      }
      if (labelled && !targeted) checked.add(labels, findings.length);
      marginDurations.observe(labels, seconds);
    },
    countFailedMargins: (labels, inputs) => {
      margins.add({ ...labels, result: 'failed' }, inputs);
    },
    knowModels: (models) => {
      for (const model of known) {
        if (models.includes(model)) continue;
        for (const metric of [modelRefusals, modelLoad]) metric.forget({ model });
      }
      known = models;
      for (const model of models) for (const metric of [modelRefusals, modelLoad]) metric.show({ model });
    },
    showUnreadable: (models) => {
      unreadable.forget({});
      for (const model of models) unreadable.set({ model }, 1);
    },
    showModel: (manifest) => {
      const { name: model, version, threatModel, evaluation } = manifest;
      for (const result of CLASSIFY_RESULTS) classifications.show({ model, version, result });
      classifyDurations.show({ model, version });
      for (const each of NORMS) {
        const labels = { model, version, norm: each };
        for (const result of MARGIN_RESULTS) margins.show({ ...labels, result });
        for (const metric of [checked, cutShort, evaluations, marginDurations]) metric.show(labels);
        distances.show(labels, edgesUpTo(maxDistanceFor(manifest, each)));
      }
      info.set({ model, version, norm: threatModel.norm, max_distance: threatModel.maxDistance }, 1);
      if (evaluation === undefined) return;
      cleanAccuracy.set({ model, version }, evaluation.cleanAccuracy);
      meanMargin.set({ model, version, norm: evaluation.norm }, evaluation.meanMargin);
    },
    forgetModel: (model, version) => {
      for (const metric of ofVersion) metric.forget({ model, version });
    },
    watchPredictor: ({ queueDepth, running, readyWorkers }) => {
      metrics.gauge({ name: 'queue_depth', help: 'Requests waiting for a worker.', labels: ['job'] }, (gauge) => {
        for (const job of JOBS) gauge.set({ job }, queueDepth(job));
      });
      metrics.gauge({ name: 'requests_running', help: 'Requests that workers compute.', labels: ['job'] }, (gauge) => {
        for (const job of JOBS) gauge.set({ job }, running(job));
      });
      metrics.gauge({ name: 'workers_ready', help: 'Workers that take requests.', labels: [] }, (gauge) => {
        gauge.set({}, readyWorkers());
      });
    },
  };
}

const edgesUpTo = (maxDistance: number): readonly number[] =>
  EDGES_OF_MAX_DISTANCE.map((fraction) => fraction * maxDistance);
