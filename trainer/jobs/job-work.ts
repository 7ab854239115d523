import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../core/durable/durable-files.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { ALONE } from '../../core/engine/world/world.js';
import { isErrno } from '../../core/durable/errno.js';
import { DomainError } from '../../core/errors.js';
import { SEARCH_REACH } from '../../core/margin/threat-model.js';
import { buildModel } from '../../core/model/model.js';
import { writeSafetensors } from '../../core/model/safetensors.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import { fingerprint } from '../data/fingerprint.js';
import { evaluateTrained, finalEpsilons, finalEvaluationWork } from '../evaluate/final-evaluation.js';
import { decodeCheckpoint, encodeCheckpoint } from '../mma/checkpoint-file.js';
import { stoppablePace } from '../mma/stoppable-pace.js';
import { train } from '../mma/training-loop.js';
import { epochFile } from './epoch-file.js';
import { readJobData } from './job-data.js';
import type { JobReport, JobTask } from './job-messages.js';
import { joining, tellStart, tellWhetherDone } from './job-world.js';
import type { JobSpec } from './job-spec.js';
import { networkFor } from './network-spec.js';
import { progressReporter } from './progress-reporter.js';
import { adoptPublished, publishJob } from './publish-job.js';
import type { PublishedJob } from './publish-job.js';
import type { JobOutcome } from './job-queue.js';

/** What surrounds the work. */
export interface WorkSurroundings {
  /** Stops it within a step. */
  readonly signal: AbortSignal;
  /** Asked before anything is written. @throws if the job belongs to another process */
  readonly assertOwned: () => void;
  readonly report: (report: JobReport) => void;
}

/** A margin of the final evaluation may cost this many gradients. */
const EVALUATION_GRADIENT_EVALUATIONS = 50;

/**
 * Trains (from the last checkpoint, if there is one), evaluates and publishes. Stopped or killed anywhere and begun again, it ends
 * with the same version published once. Of several processes that train together this is the one that leads: the others follow it (see followJob).
 *
 * @throws cancelled if the signal stopped it; whatever data, engine or registry find wrong
 */
export async function workOnJob(task: JobTask, surroundings: WorkSurroundings): Promise<JobOutcome> {
  const { spec } = task;
  const { signal, assertOwned, report } = surroundings;
  const registry = await openRegistry(task.registryRoot);
  const adopted = await adoptPublished(registry, task.name, spec);
  const checkpointFile = join(task.directory, 'checkpoint.safetensors');
  const succeed = async (published: PublishedJob): Promise<JobOutcome> => {
    // From here on the version itself says that the job is done.
    assertOwned();
    await rm(checkpointFile, { force: true });
    return { kind: 'succeeded', ...published };
  };
  if (adopted !== undefined && task.place === undefined) return succeed(adopted);

  const checkpoint = adopted === undefined ? await readIfThere(checkpointFile) : undefined;
  const resume = checkpoint && decodeCheckpoint(checkpoint, checkpointFile);
  const progress = progressReporter(spec.training.steps, resume, report);
  progress.enter('preparing');
  const engine = await openEngine(task.engine, joining(task.place, surroundings));
  const { world = ALONE, name, device, library, rejected } = engine;
  report({ kind: 'engine', name, device, library, rejected });
  tellStart(world, adopted === undefined ? { kind: 'train', checkpoint } : { kind: 'done' });
  if (adopted !== undefined) return succeed(adopted);
  const data = await readJobData(spec, task.dataRoot);
  const model = buildModel(networkFor(spec.architecture, data.info));
  // Several processes stop together, between steps.
  if (world.size === 1) stopIf(signal);

  const evaluated = {
    engine,
    model,
    examples: data.test,
    norm: spec.training.norm,
    maxDistance: SEARCH_REACH * spec.training.maxDistance,
    marginExamples: spec.training.evaluationMarginExamples,
    gradientEvaluations: EVALUATION_GRADIENT_EVALUATIONS,
    epsilons: finalEpsilons(spec.training.maxDistance),
    seed: BigInt(spec.training.seed),
  };
  progress.expectEvaluation(finalEvaluationWork(evaluated) / workOfStep(spec.training));

  const { weights, history, steps, earlyStop, validation } = await train({
    engine,
    model,
    train: data.train,
    validation: data.validation,
    config: spec.training,
    resume,
    signal,
    onProgress: progress.trained,
    saveCheckpoint: async (checkpoint) => {
      assertOwned();
      const began = performance.now();
      await replaceFile(checkpointFile, encodeCheckpoint(checkpoint));
      report({ kind: 'checkpoint', step: checkpoint.step, seconds: (performance.now() - began) / 1000 });
      progress.paused();
    },
    saveEpoch: async (epoch, kept) => {
      assertOwned();
      await replaceFile(epochFile(task.directory, epoch), writeSafetensors(kept));
      progress.paused();
    },
  });

  if (earlyStop !== undefined) report({ kind: 'stopped-early', earlyStop });
  const evaluation = await evaluateTrained({
    ...evaluated,
    weights,
    shouldContinue: stoppablePace(signal),
    onProgress: (etaSeconds) => {
      progress.evaluating(steps, etaSeconds);
      tellWhetherDone(world, false);
    },
  });

  stopIf(signal);
  progress.enter('publishing', steps);
  assertOwned();
  const began = performance.now();
  const publishedVersion = await publishJob(registry, task.name, spec, {
    architecture: model.architecture,
    weights,
    history,
    steps,
    keptStep: validation.step,
    earlyStop,
    labels: data.info.labelNames,
    evaluation,
    engine: engine.name,
    dataFingerprint: fingerprint(data.train, data.validation, data.test),
  });
  report({ kind: 'published', version: publishedVersion, seconds: (performance.now() - began) / 1000 });
  tellWhetherDone(world, true);
  return succeed({ publishedVersion, evaluation, ...(earlyStop && { earlyStop }) });
}

/** About what a step of training costs, in gradient evaluations of one example: the search, and the gradient of the weights. */
function workOfStep({ method, batchSize, attackIterations, bisections }: JobSpec['training']): number {
  if (method === 'standard') return batchSize;
  return batchSize * (attackIterations + (method === 'mma' || method === 'omma' ? bisections / 2 : 0) + 2);
}

/** @returns undefined if there is no such file */
async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new DomainError('cancelled', 'stopped');
}
