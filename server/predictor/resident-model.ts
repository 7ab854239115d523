import { setImmediate } from 'node:timers/promises';
import { dispose, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { roundedBatchSize } from '../../core/engine/batch-size.js';
import { LASTING_WEIGHTS, type Engine, type TensorMap } from '../../core/engine/engine.js';
import { DomainError } from '../../core/errors.js';
import { readLogits } from '../../core/margin/host-logits.js';
import { monotonicMs } from '../../core/monotonic-clock.js';
import { compileMarginSearch, type MarginFinding, type MarginSearch } from '../../core/margin/margin-search.js';
import type { Norm } from '../../core/margin/threat-model.js';
import { classifierOf } from '../../core/model/classifier.js';
import { buildModel } from '../../core/model/model.js';
import { toTensors } from '../../core/model/weights.js';
import type { PublishedVersion } from '../../core/registry/registry.js';
import { sizeOf } from '../../core/shape.js';
import { createPace } from './job-pace.js';
import type { InputBatch, Jobs, MarginJob, MarginOutcome } from './messages.js';

/** Inputs computed at a time: a larger batch would keep other requests and pings waiting for long. */
const CHUNK_SIZE = 32;

/** A version in the memory of a worker. */
export interface ResidentModel {
  classify(inputs: InputBatch, signal: AbortSignal): Promise<Jobs['classify']['result']>;
  margin(job: MarginJob, signal: AbortSignal): Promise<MarginOutcome>;
  dispose(): void;
}

/** Brings a version onto the engine. */
export function createResidentModel(engine: Engine, published: PublishedVersion): ResidentModel {
  const { manifest, architecture } = published;
  const weights: TensorMap = toTensors(published.weights);
  const classifier = classifierOf(buildModel(architecture));
  const logitsOf = engine.compile(classifier, LASTING_WEIGHTS);
  const searches = new Map<Norm, MarginSearch>();
  const searchFor = (norm: Norm): MarginSearch => {
    const search =
      searches.get(norm) ?? compileMarginSearch(engine.compile, classifier, { norm, bounds: manifest.bounds });
    searches.set(norm, search);
    return search;
  };
  const valuesPerInput = sizeOf(architecture.inputShape);
  const chunkOf = ({ values }: InputBatch, first: number, count: number, size: number): Tensor4D => {
    const chunk = new Float32Array(size * valuesPerInput);
    chunk.set(values.subarray(first * valuesPerInput, (first + count) * valuesPerInput));
    return tensor4d(chunk, [size, ...architecture.inputShape]);
  };

  return {
    classify: async (inputs, signal) => {
      const logits = new Float32Array(inputs.count * architecture.classes);
      for (const { first, count } of chunks(inputs.count)) {
        await setImmediate();
        if (signal.aborted) throw new DomainError('cancelled', 'the call was cancelled');
        const chunk = chunkOf(inputs, first, count, roundedBatchSize(count));
        try {
          const { rows } = await readLogits(tidy(() => logitsOf(weights, chunk)));
          for (const [row, values] of rows.slice(0, count).entries())
            logits.set(values, (first + row) * architecture.classes);
        } finally {
          chunk.dispose();
        }
      }
      return { logits, classes: architecture.classes };
    },

    margin: async (job, signal) => {
      const search = searchFor(job.norm);
      const findings: MarginFinding[] = [];
      const perturbations = job.wantPerturbations ? new Float32Array(job.inputs.values.length) : undefined;
      for (const { first, count, left } of chunks(job.inputs.count)) {
        const chunk = chunkOf(job.inputs, first, count, count);
        // What time there is, is shared: the last inputs get as much of it as the first ones.
        const nowMs = monotonicMs();
        const deadlineMs = nowMs + (job.deadlineMs - nowMs) / left;
        try {
          const found = await search.find({
            weights,
            inputs: chunk,
            ...(job.labels === undefined ? {} : { labels: job.labels.slice(first, first + count) }),
            maxDistance: job.maxDistance,
            maxGradientEvaluations: job.maxGradientEvaluations,
            ...(job.targetClass === undefined ? {} : { targetClass: job.targetClass }),
            seed: job.seed,
            shouldContinue: createPace(signal, deadlineMs),
          });
          findings.push(...found.findings);
          if (perturbations !== undefined) perturbations.set(await found.perturbations.data(), first * valuesPerInput);
          found.perturbations.dispose();
        } finally {
          chunk.dispose();
        }
      }
      return perturbations === undefined ? { findings } : { findings, perturbations };
    },

    dispose: () => {
      dispose(Object.values(weights));
    },
  };
}

/** First index and count of each chunk, and how many chunks are left, itself included. */
function chunks(total: number): readonly { readonly first: number; readonly count: number; readonly left: number }[] {
  const number = Math.ceil(total / CHUNK_SIZE);
  return Array.from({ length: number }, (_, index) => {
    const first = index * CHUNK_SIZE;
    return { first, count: Math.min(CHUNK_SIZE, total - first), left: number - index };
  });
}
