import { join, resolve } from 'node:path';
import { codeFingerprint } from '../../../core/code-fingerprint.js';
import type { EngineChoice } from '../../../core/engine/engine.js';
import { openEngine } from '../../../core/engine/open-engine.js';
import { DomainError } from '../../../core/errors.js';
import type { AttackNorm } from '../../../core/margin/threat-model.js';
import { openRegistry } from '../../../core/registry/open-registry.js';
import type { DatasetInfo } from '../../../trainer/data/dataset.js';
import { fingerprint } from '../../../trainer/data/fingerprint.js';
import { matchClasses, withClasses } from '../../../trainer/data/match-classes.js';
import { openDataset } from '../../../trainer/data/open-dataset.js';
import {
  evaluate,
  finishedShards,
  forgetShards,
  identityOf,
  runShards,
  type EvaluationRequest,
} from '../../../trainer/evaluate/evaluate.js';
import { planOf, type PlanOptions } from '../../../trainer/evaluate/evaluation-plan.js';
import type { EvaluationPlan, EvaluationResult } from '../../../trainer/evaluate/evaluation-result.js';
import { evaluationKey, openShardDirectory } from '../../../trainer/evaluate/shard-store.js';
import type { ShardSelection } from '../../../trainer/evaluate/shards.js';
import { stoppablePace } from '../../../trainer/mma/stoppable-pace.js';
import type { ModelSelector } from '../../client/models.js';
import { existingRegistry } from '../models/local-models.js';
import { duration, percent } from '../output/figures.js';
import { progressBar } from '../output/progress-bar.js';
import { CommandFailure } from '../report-failure.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { loadSubject, type LoadedSubject } from './load-subject.js';

export interface LocalEvaluationOptions {
  /** Of several, the probabilities are averaged. */
  readonly models: readonly ModelSelector[];
  readonly registry: string;
  readonly data: string;
  readonly dataset: string;
  readonly directory: string | undefined;
  readonly engine: EngineChoice;
  /** undefined: the model's own. */
  readonly norm: AttackNorm | undefined;
  readonly plan: PlanOptions;
  /** Another model, measured by the same plan. */
  readonly baseline: ModelSelector | undefined;
  /** Where finished parts are kept; undefined: below `./evaluations`. */
  readonly state: string | undefined;
  /** Everything is measured again, whatever was kept. */
  readonly fresh: boolean;
  /** undefined: all parts are done, and put together. */
  readonly selection: ShardSelection | undefined;
}

/** What is finished of an evaluation that others do parts of, too. */
export interface FinishedShards {
  readonly directory: string;
  readonly finished: number;
  readonly shards: number;
}

/** What was found, and what was found of the baseline if there is one. */
export interface EvaluatedHere {
  readonly result: EvaluationResult;
  readonly baseline?: EvaluationResult;
}

/**
 * Measures published models on the test split of a data set, in this process. Ctrl-C stops it; the same options again continue, and take
 * what is finished: nothing is measured twice by the same code, unless it is asked for.
 */
export async function evaluateLocally(options: LocalEvaluationOptions): Promise<EvaluatedHere | FinishedShards> {
  const { baseline, state } = options;
  const registry = await openRegistry(existingRegistry(options.registry));
  const subjects = [await loadSubject(registry, options.models)];
  if (baseline !== undefined) subjects.push(await loadSubject(registry, [baseline]));
  const dataset = await openDataset(
    options.dataset,
    join(options.data, options.directory ?? options.dataset),
    '--data, --directory',
  );
  const matches = subjects.map((subject) => matchTo(subject, options.dataset, dataset));
  const examples = await dataset.read('test');
  const plan = planFor(subjects[0]?.threatModel, options, examples.count);
  const engine = await openEngine(options.engine);
  const found: EvaluationResult[] = [];
  const code = await codeFingerprint();
  for (const [index, { subject, classifier, checksums, history }] of subjects.entries()) {
    const classes = matches[index] ?? [];
    const about = { name: options.dataset, fingerprint: fingerprint(examples), classes };
    const labelled = withClasses(examples, classes);
    const request = { engine, examples: labelled, plan, subject, classifier, checksums, code, history, dataset: about };
    const place = state === undefined || index === 0 ? state : `${state}-baseline`;
    const evaluated = await run(request, place, options);
    if ('shards' in evaluated) return evaluated;
    found.push(evaluated.result);
  }
  const [result, other] = found;
  if (result === undefined) throw new DomainError('internal', 'evaluation: nothing was evaluated');
  return { result, ...(other && { baseline: other }) };
}

/** The plan, made for the first model: a baseline is measured by the same. */
function planFor(
  threat: LoadedSubject['threatModel'] | undefined,
  options: LocalEvaluationOptions,
  examples: number,
): EvaluationPlan {
  const norm = options.norm ?? threat?.norm ?? 'linf';
  const trainedMaxDistance = norm === threat?.norm ? threat.maxDistance : undefined;
  return planOf({ dataset: options.dataset, norm, trainedMaxDistance, examples }, options.plan);
}

async function run(
  asked: Omit<EvaluationRequest, 'shouldContinue' | 'onProgress'>,
  state: string | undefined,
  { selection, fresh }: Pick<LocalEvaluationOptions, 'selection' | 'fresh'>,
): Promise<{ readonly result: EvaluationResult } | FinishedShards> {
  const bar = progressBar();
  const stopping = new AbortController();
  const unsubscribe = stopOnSignals(() => {
    stopping.abort();
  });
  const request: EvaluationRequest = {
    ...asked,
    shouldContinue: stoppablePace(stopping.signal),
    onProgress: ({ part, fraction: done, etaSeconds }) => {
      bar.update(part.padEnd(TITLE_WIDTH), done, `${percent(done)} · ${duration(etaSeconds)} left`);
    },
  };
  const identity = identityOf(request);
  const directory = resolve(state ?? join('evaluations', directoryName(request, evaluationKey(identity))));
  try {
    const store = await openShardDirectory(directory, identity, (problem) => {
      bar.clear();
      process.stderr.write(`Damaged, and done again: ${problem}\n`);
    });
    if (fresh) await forgetShards(request, store);
    const { finished, shards } = await finishedShards(request, store);
    if (finished === shards)
      process.stderr.write(
        `${request.subject.title} has been evaluated so before: the result is that in ${directory}; --fresh evaluates again.\n`,
      );
    else if (finished > 0) process.stderr.write(`Continued: ${finished} of ${shards} parts were finished before.\n`);
    if (selection !== undefined) return { directory, ...(await runShards(request, store, selection)) };
    return { result: await evaluate(request, store) };
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    const message = `Stopped. The same command continues; what is finished lies in ${directory}.`;
    throw new CommandFailure(message, 130, { cause: error });
  } finally {
    bar.clear();
    unsubscribe();
  }
}

/** As wide as the longest title of a part usually is, so that the bar stays where it is. */
const TITLE_WIDTH = 18;

function directoryName({ subject }: EvaluationRequest, key: string): string {
  const names = subject.members.map(({ model, version }) => `${model}-${version}`);
  return `${names.join('+').slice(0, 100)}-${key.slice(0, 16)}`;
}

/** Which class of the model each class of the data set is. @throws CommandFailure if the images do not fit; invalid-input if the classes do not */
function matchTo(
  { subject: { title, inputShape, labels } }: LoadedSubject,
  datasetName: string,
  dataset: DatasetInfo,
): readonly number[] {
  if (dataset.inputShape.join() !== inputShape.join()) {
    const [wanted, given] = [inputShape, dataset.inputShape].map((shape) => shape.join(' × '));
    throw new CommandFailure(
      `--dataset ${datasetName}: model ${title} takes ${wanted ?? ''}, the images are ${given ?? ''}`,
    );
  }
  const from = { title: `data set ${datasetName}`, classes: dataset.labelNames };
  return matchClasses(from, { title: `model ${title}`, classes: labels });
}
