import { CODE_VERSION } from '../../core/code-version.js';
import type { Engine } from '../../core/engine/engine.js';
import { DomainError, invalidInput } from '../../core/errors.js';
import { neverStop, type ShouldContinue } from '../../core/margin/pace.js';
import type { Examples } from '../data/dataset.js';
import type { TrainingHistory } from '../mma/training-history.js';
import type { EvaluatedClassifier } from './classifier.js';
import { openContext } from './evaluation-context.js';
import { evaluationProgress, type EvaluationProgress } from './evaluation-progress.js';
import type { EvaluationPlan, EvaluationResult, Subject } from './evaluation-result.js';
import { expectedWork } from './expected-work.js';
import { MASKING_INPUTS } from './masking-checks.js';
import { mergeShards } from './merge-shards.js';
import { runShard } from './run-shard.js';
import type { ShardRecord } from './shard-record.js';
import { isInOrder } from '../data/match-classes.js';
import { evaluationKey, shardsInMemory, type EvaluationIdentity, type ShardStore } from './shard-store.js';
import { marginAttackNamed } from './attack-stages.js';
import { shardsOf, selectShards, type Shard, type ShardSelection } from './shards.js';

/** What is evaluated, and how. */
export interface EvaluationRequest {
  readonly engine: Engine;
  readonly subject: Subject;
  readonly classifier: EvaluatedClassifier;
  readonly dataset: {
    readonly name: string;
    readonly fingerprint: string;
    /** Which class of the model each of its classes is; absent: the one of its number. The labels of the examples are the model's. */
    readonly classes?: readonly number[];
  };
  /** Of the test split. */
  readonly examples: Examples;
  readonly plan: EvaluationPlan;
  /** SHA-256 of each member's weights. */
  readonly checksums?: readonly string[];
  /** What stands for the code that measures, where results are kept: default, its version. */
  readonly code?: string;
  /** How the model was trained, to be passed on. */
  readonly history?: TrainingHistory | undefined;
  /** Asked between the steps of the work; false ends the evaluation with an error. */
  readonly shouldContinue?: ShouldContinue;
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** Examples that are attacked together: enough to fill a CPU, few enough that a shard is soon finished; a GPU takes more. */
const RANGE_ON_CPU = 48;
const RANGE_ELSEWHERE = 256;

const rangeSizeOf = (engine: Engine): number =>
  engine.device.toLowerCase().includes('cpu') ? RANGE_ON_CPU : RANGE_ELSEWHERE;

type Work = Pick<EvaluationRequest, 'engine' | 'plan' | 'examples'>;

const allShards = ({ engine, plan, examples }: Work): readonly Shard[] =>
  shardsOf(plan, rangeSizeOf(engine), Math.min(MASKING_INPUTS, examples.count));

/** About what a whole evaluation costs, in gradient evaluations of one example, while nothing is known of the model. */
export function workAhead(work: Work): number {
  const shards = allShards(work);
  const workOf = expectedWork(shards, new Map());
  return shards.reduce((sum, shard) => sum + workOf(shard), 0);
}

/** Everything that decides what an evaluation finds: two that agree in it share their shards. */
export function identityOf(request: EvaluationRequest): EvaluationIdentity {
  const { engine, subject, dataset, examples, plan, checksums = [], code = CODE_VERSION } = request;
  return {
    // Another number, where the same plan finds something else.
    format: 2,
    members: subject.members,
    checksums,
    dataset: dataset.name,
    fingerprint: dataset.fingerprint,
    ...(dataset.classes && !isInOrder(dataset.classes) && { classes: dataset.classes }),
    examples: examples.count,
    plan,
    engine: engine.name,
    rangeSize: rangeSizeOf(engine),
    code,
  };
}

/** How many shards of an evaluation a store has already. */
export async function finishedShards(
  request: EvaluationRequest,
  store: ShardStore,
): Promise<{ readonly finished: number; readonly shards: number }> {
  const all = allShards(request);
  const found = await Promise.all(all.map(async ({ name }) => (await store.read(name)) !== undefined));
  return { finished: found.filter(Boolean).length, shards: all.length };
}

/** Makes a store forget an evaluation. */
export async function forgetShards(request: EvaluationRequest, store: ShardStore): Promise<void> {
  for (const { name } of allShards(request)) await store.remove(name);
}

/**
 * Does the shards that are not finished yet: all, or the selected ones.
 *
 * What is found depends on the request alone: each example's random numbers are drawn from the plan's seed and the image, and how examples are grouped does not depend on who
 * does them, or on what was finished before.
 *
 * @returns how many of all shards are finished now
 * @throws cancelled if `shouldContinue` stopped it: what is finished stays so; invalid-input
 */
export async function runShards(
  request: EvaluationRequest,
  store: ShardStore,
  selection: ShardSelection = { index: 1, count: 1 },
): Promise<{ readonly finished: number; readonly shards: number }> {
  const { engine, classifier, examples, plan, shouldContinue = neverStop, onProgress = () => undefined } = request;
  checkRequest(request);
  const key = evaluationKey(identityOf(request));
  const rangeSize = rangeSizeOf(engine);
  const own = selectShards(allShards(request), selection, rangeSize);
  const finished = new Map<string, ShardRecord>();
  for (const { name } of own) {
    const record = await store.read(name);
    if (record !== undefined) finished.set(name, record);
  }
  const progress = evaluationProgress(own, finished, onProgress);
  const context = openContext(engine, classifier, examples, plan, shouldContinue);
  try {
    for (const shard of own) {
      if (finished.has(shard.name)) continue;
      progress.begin(shard);
      const before = shard.after === undefined ? undefined : finished.get(shard.after);
      const began = performance.now();
      const found = await runShard(context, shard, before, progress.within);
      const record = {
        format: 1 as const,
        evaluation: key,
        name: shard.name,
        ...found,
        seconds: (performance.now() - began) / 1000,
      };
      await store.write(record);
      finished.set(shard.name, record);
      progress.end(shard, record);
    }
  } finally {
    context.dispose();
  }
  return finishedShards(request, store);
}

/**
 * What a model does on a test set, by a plan: clean accuracy, robust accuracy, margins.
 *
 * @param store where finished shards are, and are put; default: in memory
 * @throws cancelled if `shouldContinue` stopped it: with the same store, another call continues; invalid-input if there is no example, or an attack
 * does not know the norm
 */
export async function evaluate(request: EvaluationRequest, store = shardsInMemory()): Promise<EvaluationResult> {
  await runShards(request, store);
  const { engine, subject, dataset, plan, history } = request;
  const records = new Map<string, ShardRecord>();
  const shards = allShards(request);
  for (const { name } of shards) {
    const record = await store.read(name);
    if (record === undefined) throw new DomainError('data-loss', `shard ${name}: it was finished, and is not there`);
    records.set(name, record);
  }
  return {
    format: 1,
    subject,
    dataset: { name: dataset.name, split: 'test', fingerprint: dataset.fingerprint },
    plan,
    engine: engine.name,
    codeVersion: CODE_VERSION,
    ...mergeShards(plan, shards, records),
    ...(history && { history }),
  };
}

function checkRequest({ examples, plan, classifier, subject }: EvaluationRequest): void {
  if (examples.count === 0) throw invalidInput('examples', 'at least 1', '0');
  for (const field of ['cleanExamples', 'robustExamples', 'marginExamples'] as const) {
    if (plan[field] > examples.count) throw invalidInput(field, `at most ${examples.count}`, `${plan[field]}`);
  }
  marginAttackNamed(plan.marginAttack, plan.norm);
  if (subject.labels.length !== classifier.classes) {
    throw invalidInput('labels', `${classifier.classes}, one per class`, `${subject.labels.length}`);
  }
}
