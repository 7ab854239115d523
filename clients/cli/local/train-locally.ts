import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EngineChoice } from '../../../core/engine/engine.js';
import { ranksOf } from '../../../core/engine/world/meet.js';
import type { Place } from '../../../core/engine/world/place.js';
import { DomainError } from '../../../core/errors.js';
import type { EarlyStop, EvaluationRecord } from '../../../core/registry/manifest.js';
import { openRegistry } from '../../../core/registry/open-registry.js';
import { followJob } from '../../../trainer/jobs/follow-job.js';
import type { JobReport, JobTask } from '../../../trainer/jobs/job-messages.js';
import { completeSpec } from '../../../trainer/jobs/job-spec.js';
import { workOnJob } from '../../../trainer/jobs/job-work.js';
import type { TrainingSpec } from '../../client/training-spec.js';
import { showProgress } from '../output/job-progress.js';
import { progressBar } from '../output/progress-bar.js';
import { CommandFailure } from '../report-failure.js';
import { stopOnSignals } from '../stop-on-signals.js';

const NAME_FILE = 'name';

export interface LocalTrainingOptions {
  readonly registry: string;
  readonly data: string;
  readonly checkpoints: string;
  readonly engine: EngineChoice;
  /** Where this process stands among those that train together. */
  readonly place: Place | undefined;
}

export interface PublishedHere {
  readonly model: string;
  readonly version: number;
  /** Those that point to it. */
  readonly aliases: readonly string[];
  readonly evaluation?: EvaluationRecord | undefined;
  /** Why the training ended before its last step, of so many. */
  readonly earlyStop?: EarlyStop;
  readonly steps: number;
  /** Where the weights of every epoch are, if they are kept. */
  readonly epochs?: string;
}

/**
 * Trains in this process, as a trainer's job would, and publishes. Ctrl-C stops within a step and leaves a checkpoint; the same settings
 * again continue from it. Of several processes that train together, the one of rank 0 keeps the checkpoints and publishes.
 *
 * @returns undefined where another process publishes
 * @throws CommandFailure if it was stopped; whatever data, engine or registry find wrong
 */
export async function trainLocally(
  spec: TrainingSpec,
  options: LocalTrainingOptions,
): Promise<PublishedHere | undefined> {
  const bar = progressBar();
  const stopping = new AbortController();
  const unsubscribe = stopOnSignals(() => {
    stopping.abort();
  });
  const report = (told: JobReport): void => {
    show(told);
  };
  const { signal } = stopping;
  try {
    const { place } = options;
    if (place !== undefined && place.rank > 0) {
      await followJob(
        { spec: completeSpec(spec), engine: options.engine, dataRoot: resolve(options.data), place },
        { signal, report },
      );
      return undefined;
    }
    const task = await openTask(spec, options);
    const outcome = await workOnJob(task, {
      signal,
      assertOwned: () => undefined,
      report,
    });
    if (outcome.kind !== 'succeeded')
      throw new DomainError('internal', `training ended before publishing (${outcome.kind})`);
    const epochsKept = await forget(task);
    return {
      model: task.spec.model,
      version: outcome.publishedVersion,
      aliases: await aliasesOf(task, outcome.publishedVersion),
      evaluation: outcome.evaluation,
      steps: task.spec.training.steps,
      ...(outcome.earlyStop && { earlyStop: outcome.earlyStop }),
      ...(epochsKept && { epochs: task.directory }),
    };
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    throw new CommandFailure('Stopped. The same command continues from the last checkpoint.', 130, { cause: error });
  } finally {
    bar.clear();
    unsubscribe();
  }

  function show(report: JobReport): void {
    if (report.kind === 'progress') showProgress(bar, report.progress);
    if (report.kind === 'waiting') {
      bar.clear();
      const { host, port, timeoutMs } = report.place;
      const whom = ranksOf(report.ranks, report.place);
      process.stderr.write(`Waiting for ${whom} at ${host}:${port}, up to ${timeoutMs / 1000} s (--peer-timeout)\n`);
    }
    if (report.kind !== 'engine') return;
    bar.clear();
    process.stderr.write(`Engine ${report.name}: ${report.device}, ${report.library}\n`);
  }
}

async function aliasesOf({ registryRoot, spec }: JobTask, version: number): Promise<readonly string[]> {
  const { aliases } = await (await openRegistry(registryRoot)).model(spec.model);
  return Object.keys(aliases).filter((alias) => aliases[alias] === version);
}

/** So that the same settings begin anew; only the weights of epochs stay, where they are asked for. @returns whether there are any */
async function forget({ directory, spec }: JobTask): Promise<boolean> {
  const kept = (await readdir(directory)).filter((file) => file.startsWith('epoch-'));
  if (spec.training.keepEpochs === true && kept.length > 0) {
    await rm(join(directory, NAME_FILE));
    return true;
  }
  await rm(directory, { recursive: true });
  return false;
}

/** What is to be done, in a directory that the same settings find again. */
async function openTask(spec: TrainingSpec, options: LocalTrainingOptions): Promise<JobTask> {
  const completed = completeSpec(spec);
  const hash = createHash('sha256').update(JSON.stringify(completed)).digest('hex').slice(0, 16);
  const directory = resolve(options.checkpoints, `${completed.model}-${hash}`);
  await mkdir(directory, { recursive: true });
  return {
    name: await taskName(directory),
    spec: completed,
    directory,
    token: '',
    engine: options.engine,
    place: options.place,
    registryRoot: resolve(options.registry),
    dataRoot: resolve(options.data),
  };
}

/** What the manifest will call the training: kept beside the checkpoint, so that one that is continued publishes once. */
async function taskName(directory: string): Promise<string> {
  const file = join(directory, NAME_FILE);
  try {
    await writeFile(file, `local-${randomUUID()}`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFile(file, 'utf8');
}
