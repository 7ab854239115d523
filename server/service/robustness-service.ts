import type { ModelSpec } from '../../proto/gen/maxmargin/v1/model.js';
import type { RobustnessServiceImplementation } from '../../proto/gen/maxmargin/v1/robustness_service.js';
import { DomainError } from '../../core/errors.js';
import { monotonicMs } from '../../core/monotonic-clock.js';
import { deadlineMsOf } from '../../host/call-deadline.js';
import { decodeInputs } from './decode-tensor.js';
import { maxDistanceFor } from '../max-distance.js';
import type { ServerMetrics } from '../metrics.js';
import type { Lease, ModelStore } from '../model-store.js';
import type { Predictor } from '../predictor/predictor.js';
import { marginJobOf, type RequestLimits } from './margin-request.js';
import { choiceOf, type ModelMessages } from './model-messages.js';
import { classificationMessages, marginMessages } from './result-messages.js';

export interface RobustnessServiceParts {
  readonly store: ModelStore;
  readonly predictor: Predictor;
  readonly messages: ModelMessages;
  readonly metrics: ServerMetrics;
  readonly limits: RequestLimits;
}

/** Classifies, and measures margins. */
export function createRobustnessService(parts: RobustnessServiceParts): RobustnessServiceImplementation {
  const { store, predictor, messages, metrics, limits } = parts;

  const withModel = async <R>(spec: ModelSpec | undefined, use: (lease: Lease) => Promise<R>): Promise<R> => {
    const lease = await store.acquire(choiceOf(spec));
    try {
      return await use(lease);
    } finally {
      lease.release();
    }
  };

  return {
    classify: (request, { signal }) =>
      withModel(request.model, async ({ name, version, manifest }) => {
        const inputs = decodeInputs('inputs', request.inputs, { ...manifest, maxBatch: limits.maxBatch });
        metrics.batchSize.observe({ job: 'classify' }, inputs.count);
        const labels = { model: name, version };
        const startMs = performance.now();
        try {
          const result = await predictor.run('classify', { key: { name, version }, inputs }, signal);
          metrics.countClassified(labels, inputs.count, secondsSince(startMs));
          return { results: classificationMessages(result), model: name, version: BigInt(version) };
        } catch (error) {
          if (!signal.aborted) metrics.countFailedClassifications(labels, inputs.count);
          throw error;
        }
      }),

    margin: (request, context) =>
      withModel(request.model, async ({ name, version, manifest }) => {
        const checked = marginJobOf(request, manifest, limits);
        const job = { ...checked, key: { name, version }, deadlineMs: answerByMs(deadlineMsOf(context)) };
        metrics.batchSize.observe({ job: 'margin' }, job.inputs.count);
        const labels = { model: name, version, norm: job.norm };
        const startMs = performance.now();
        try {
          const outcome = await predictor.run('margin', job, context.signal);
          metrics.countMargins(labels, {
            findings: outcome.findings,
            maxDistance: maxDistanceFor(manifest, job.norm),
            labelled: job.labels !== undefined,
            targeted: job.targetClass !== undefined,
            seconds: secondsSince(startMs),
          });
          return { results: marginMessages(outcome, manifest.inputShape), model: name, version: BigInt(version) };
        } catch (error) {
          if (!context.signal.aborted) metrics.countFailedMargins(labels, job.inputs.count);
          throw error;
        }
      }),

    refineMargin: () => notProvided('RefineMargin'),
    streamMargins: () => notProvided('StreamMargins'),

    listModels: async () => {
      const models = await store.models();
      return { models: await Promise.all(models.map((model) => messages.model(model))) };
    },

    getModel: async ({ model }) => {
      const key = await store.find(choiceOf(model));
      const registered = (await store.models()).find(({ name }) => name === key.name);
      return messages.version(key, registered?.aliases ?? {});
    },
  };
}

const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1_000;

/** When a worker must have answered, for the answer to reach the client before its deadline. */
function answerByMs(deadlineMs: number): number {
  const leftMs = deadlineMs - monotonicMs();
  return Number.isFinite(leftMs) ? deadlineMs - Math.min(Math.max(0.05 * leftMs, 20), 1_000) : Infinity;
}

// eslint-disable-next-line @typescript-eslint/require-await -- what a streaming method returns, which only ever throws.
async function* notProvided(method: string): AsyncGenerator<never> {
  throw new DomainError('unimplemented', `${method}: this version does not provide it`);
}
