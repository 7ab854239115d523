import type { MarginFinding } from '../core/margin/margin-search.js';
import type { Norm } from '../core/margin/threat-model.js';
import type { Manifest } from '../core/registry/manifest.js';
import { DURATION_EDGES_SECONDS, type Counter, type Gauge, type Histogram, type Metrics } from '../host/metrics.js';

/** Margins are counted in buckets whose edges are these fractions of the model's d_max. */
const EDGES_OF_MAX_DISTANCE = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;
/** Where inputs for which nothing was found are counted: above every edge. */
const BEYOND = 1.05;
const BATCH_SIZE_EDGES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] as const;

type Job = 'classify' | 'margin';

/** Whose margins are counted. */
interface MarginLabels {
  readonly model: string;
  readonly version: number;
  readonly norm: Norm;
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
  /**
   * Counts what a margin request found.
   *
   * @param maxDistance d_max of the model, which scales the buckets
   * @param targeted distances to a target are no margins, and not counted among them
   */
  countMargins(labels: MarginLabels, findings: readonly MarginFinding[], maxDistance: number, targeted: boolean): void;
  /** Counts inputs whose margins could not be computed. */
  countFailedMargins(labels: MarginLabels, inputs: number): void;
  /** Shows a version as loaded. */
  showModel(manifest: Manifest): void;
  /** Drops every series of a version. */
  forgetModel(model: string, version: number): void;
  /** Reads the predictor at every scrape. */
  watchPredictor(read: PredictorReadings): void;
}

const JOBS: readonly Job[] = ['classify', 'margin'];
const VERSION = ['model', 'version'] as const;
const MARGIN = ['model', 'version', 'norm'] as const;

export function createServerMetrics(metrics: Metrics): ServerMetrics {
  const distances = metrics.scaledHistogram({
    name: 'margin_distance',
    help: 'Margins found, of searches without a target; inputs for which none was found lie above every edge, misclassified ones are 0; edges are fractions of d_max.',
    labels: MARGIN,
  });
  const margins = metrics.counter({
    name: 'margins_total',
    help: 'Inputs whose margin was asked for, by result: found, not-found, misclassified (otherwise than the label, without a target), target-reached (before any search), failed.',
    labels: [...MARGIN, 'result'],
  });
  const unconverged = metrics.counter({
    name: 'margins_unconverged_total',
    help: 'Margins whose search was cut short by its budget or deadline.',
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

  return {
    queueWait: metrics.histogram(
      { name: 'queue_wait_seconds', help: 'Time that requests waited for a worker.', labels: ['job'] },
      DURATION_EDGES_SECONDS,
    ),
    batchSize: metrics.histogram(
      { name: 'batch_size', help: 'Inputs in a request.', labels: ['job'] },
      BATCH_SIZE_EDGES,
    ),
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
    workerRestarts: metrics.counter({
      name: 'worker_restarts_total',
      help: 'Workers replaced, by reason: exited, hung.',
      labels: ['reason'],
    }),
    modelRefusals: metrics.counter({
      name: 'model_refusals_total',
      help: 'Versions refused: their files do not match their manifest, or they could not be loaded.',
      labels: ['model'],
    }),
    modelLoad: metrics.histogram(
      { name: 'model_load_duration_seconds', help: 'Time to load, check and warm up a version.', labels: ['model'] },
      DURATION_EDGES_SECONDS,
    ),
    aliasVersion: metrics.gauge({
      name: 'model_alias_version',
      help: 'The version that an alias is answered by.',
      labels: ['model', 'alias'],
    }),
    countMargins: (labels, findings, maxDistance, targeted) => {
      const edges = EDGES_OF_MAX_DISTANCE.map((fraction) => fraction * maxDistance);
      for (const finding of findings) {
        const { status, distance } = finding;
        margins.add({ ...labels, result: status });
        // A search that ended before d_max must not look like a margin there.
        const counted = status === 'not-found' ? Math.max(distance, BEYOND * maxDistance) : distance;
        if (!targeted) distances.observe(labels, counted, edges);
        evaluations.add(labels, finding.gradientEvaluations);
        if (!finding.converged) unconverged.add(labels);
      }
    },
    countFailedMargins: (labels, inputs) => {
      margins.add({ ...labels, result: 'failed' }, inputs);
    },
    showModel: ({ name: model, version, threatModel: { norm, maxDistance }, evaluation }) => {
      info.set({ model, version, norm, max_distance: maxDistance }, 1);
      if (evaluation === undefined) return;
      cleanAccuracy.set({ model, version }, evaluation.cleanAccuracy);
      meanMargin.set({ model, version, norm: evaluation.norm }, evaluation.meanMargin);
    },
    forgetModel: (model, version) => {
      for (const metric of [distances, margins, unconverged, evaluations, info, cleanAccuracy, meanMargin]) {
        metric.forget({ model, version });
      }
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
