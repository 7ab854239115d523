import { DomainError } from '../../core/errors.js';
import type { Architecture } from '../../core/model/architecture.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import { makeFirstChampion } from '../../core/registry/first-champion.js';
import type { EarlyStop, EvaluationRecord } from '../../core/registry/manifest.js';
import type { RegisteredModel, Registry } from '../../core/registry/registry.js';
import { IMAGE_BOUNDS } from '../mma/batches.js';
import type { TrainingHistory } from '../mma/training-history.js';
import type { JobSpec } from './job-spec.js';

/** What a job has made. */
export interface JobProduct {
  readonly architecture: Architecture;
  readonly weights: HostTensors;
  readonly history: TrainingHistory;
  /** Optimizer steps that were done, and after how many of them the weights were as they are. */
  readonly steps: number;
  readonly keptStep: number;
  readonly earlyStop?: EarlyStop | undefined;
  readonly labels: readonly string[];
  readonly evaluation: EvaluationRecord;
  readonly engine: string;
  readonly dataFingerprint: string;
}

/** What is published of a job. */
export interface PublishedJob {
  readonly publishedVersion: number;
  readonly evaluation?: EvaluationRecord;
  readonly earlyStop?: EarlyStop;
}

/** Publishes what a job has made, and points an alias to it. @returns the version */
export async function publishJob(registry: Registry, job: string, spec: JobSpec, product: JobProduct): Promise<number> {
  const { norm, maxDistance } = spec.training;
  const version = await registry.publish(spec.model, {
    architecture: product.architecture,
    weights: product.weights,
    history: product.history,
    manifest: {
      bounds: IMAGE_BOUNDS,
      labels: product.labels,
      threatModel: { norm, maxDistance },
      origin: {
        kind: 'trained',
        job,
        configuration: spec,
        engine: product.engine,
        dataFingerprint: product.dataFingerprint,
        steps: product.steps,
        keptStep: product.keptStep,
        ...(product.earlyStop && { earlyStop: product.earlyStop }),
      },
      evaluation: product.evaluation,
    },
  });
  await pointAlias(registry, spec, version);
  return version;
}

/**
 * The version that a job published before it was killed, so that it does so once. Its alias is set if that was still to come.
 *
 * @returns undefined if it has not published
 */
export async function adoptPublished(
  registry: Registry,
  job: string,
  spec: JobSpec,
): Promise<PublishedJob | undefined> {
  const model = await registeredModel(registry, spec.model);
  for (const version of model?.versions.toReversed() ?? []) {
    const origin = await originOf(registry, spec.model, version);
    if (origin?.job !== job) continue;
    await pointAlias(registry, spec, version);
    const { evaluation, earlyStop } = origin;
    return { publishedVersion: version, ...(evaluation && { evaluation }), ...(earlyStop && { earlyStop }) };
  }
  return undefined;
}

async function originOf(registry: Registry, model: string, version: number) {
  try {
    const { origin, evaluation } = await registry.manifest(model, version);
    return origin.kind === 'trained' ? { job: origin.job, earlyStop: origin.earlyStop, evaluation } : undefined;
  } catch (error) {
    // Deleted meanwhile, or damaged: in neither case this job's to adopt.
    if (error instanceof DomainError && (error.kind === 'not-found' || error.kind === 'data-loss')) return undefined;
    throw error;
  }
}

/** Sets the alias that was asked for; else champion if the model has none yet, else challenger. */
async function pointAlias(registry: Registry, { model: name, alias }: JobSpec, version: number): Promise<void> {
  if (alias !== '') {
    await registry.setAlias(name, alias, version);
    return;
  }
  const aliases = (await registeredModel(registry, name))?.aliases ?? {};
  // Done before the job was killed.
  if (Object.values(aliases).includes(version)) return;
  if (await makeFirstChampion(registry, name, version)) return;
  await registry.setAlias(name, 'challenger', version);
}

async function registeredModel(registry: Registry, name: string): Promise<RegisteredModel | undefined> {
  try {
    return await registry.model(name);
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
