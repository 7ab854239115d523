import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ENGINE_CHOICES } from '../../../core/engine/engine.js';
import type { EngineChoice } from '../../../core/engine/engine.js';
import { MINIMUM_NORM_ATTACK_NAMES } from '../../../core/margin/attacks/minimum-norm-attack-names.js';
import { ATTACK_NORMS } from '../../../core/margin/threat-model.js';
import type { AttackNorm } from '../../../core/margin/threat-model.js';
import { command } from '../../../host/config/command.js';
import { readGiven } from '../given-file.js';
import type { EvaluationResult } from '../../../trainer/evaluate/evaluation-result.js';
import type { ShardSelection } from '../../../trainer/evaluate/shards.js';
import type { FinishedShards, LocalEvaluationOptions } from '../local/evaluate-locally.js';
import { parseModel } from '../models/selector.js';
import { decimal, integer, numbers, repeated, shardSelection } from '../option-types.js';
import { evaluationTables } from '../output/evaluation-tables.js';
import { printResult } from '../output/print.js';
import { CommandFailure } from '../report-failure.js';
import { withOutput } from '../shared-options.js';
import type { OutputOptions } from '../shared-options.js';

interface Options extends OutputOptions {
  readonly model?: readonly string[];
  readonly modelVersion?: number;
  readonly alias?: string;
  readonly registry: string;
  readonly data: string;
  readonly dataset: string;
  readonly directory?: string;
  readonly engine: EngineChoice;
  readonly examples?: number;
  readonly robustExamples?: number;
  readonly marginExamples?: number;
  readonly epsilons?: readonly number[];
  readonly iterations?: number;
  readonly restarts?: number;
  readonly norm?: AttackNorm;
  readonly maxDistance?: number;
  readonly budget?: number;
  readonly gradientEvaluations?: number;
  readonly marginAttack?: string;
  readonly quick?: boolean;
  readonly seed: number;
  readonly state?: string;
  readonly fresh?: boolean;
  readonly shard?: ShardSelection;
  readonly output?: string;
  readonly html?: string;
  readonly baseline?: string;
  readonly autoAttack?: readonly number[] | true;
  readonly masking: boolean;
}

/** What `--quick` asks for where nothing else is: a first impression in well under a minute for a small model. */
const QUICK = {
  ...{ robustExamples: 50, marginExamples: 50, iterations: 20, restarts: 2, marginBudget: 40 },
  maskingChecks: false,
};

const EXAMPLES = `maxmargin evaluate --model digits --dataset digits --margin-examples 500
maxmargin evaluate --model mnist@3 --dataset mnist --epsilons 0.1,0.2,0.3 --output mnist-3.json
maxmargin evaluate --model cifar@1 --model cifar@2 --dataset cifar10 --epsilons 8/255 --shard 1/4 --state cifar-both`;

/** `maxmargin evaluate`: accuracy, robust accuracy and margins of published models on a test set, in this process. */
export function evaluateCommand(): Command {
  const evaluate = command(
    'evaluate',
    'Measure accuracy, robust accuracy and margins of published models on a test set',
  );
  return withOutput(evaluate, EXAMPLES)
    .option(
      '--model <name[@version]>',
      'which model, its version or alias after @; more than once: the mean of their probabilities (default: the only one there is, its champion)',
      repeated,
    )
    .option('--model-version <n>', 'the version of a single model', integer(1))
    .option('--alias <alias>', 'the version of an alias, such as challenger')
    .option('--registry <dir>', 'where the model is published', './registry')
    .option('--data <dir>', 'where data sets are', './data')
    .option('--dataset <name>', 'digits, mnist, fashion-mnist, cifar10, idx or folder', 'digits')
    .option('--directory <path>', "where it is below the data directory (default: the data set's name)")
    .addOption(new Option('--engine <engine>', 'what runs the numerics').choices(ENGINE_CHOICES).default('auto'))
    .addOption(
      new Option('--norm <norm>', "what perturbations are measured in (default: the model's own)").choices(
        ATTACK_NORMS,
      ),
    )
    .option('--examples <n>', 'test examples for the accuracy (default: all)', integer(0))
    .option('--robust-examples <n>', 'test examples that are attacked at each ε (default: 100)', integer(0))
    .option(
      '--epsilons <list>',
      "ε of robust accuracy, such as 4/255,8/255 (default: the paper's for the data set)",
      numbers,
    )
    .option('--iterations <n>', 'iterations of white-box PGD (default: 100)', integer(1))
    .option('--restarts <n>', 'runs of white-box PGD, half on CE, half on CW (default: 10)', integer(0))
    .option(
      '--auto-attack [list]',
      "AutoAttack's standard version too, at these ε (default: the one that results are compared at)",
      numbers,
    )
    .option('--margin-examples <n>', 'test examples whose margins are measured (default: 200)', integer(0))
    .option('--max-distance <d>', "how far margins are searched (default: 1.05 times the model's d_max)", decimal(0))
    .option('--budget <n>', 'gradient evaluations that one margin may cost (default: 100)', integer(1))
    .addOption(
      new Option('--margin-attack <name>', 'what measures margins (default: best-of)').choices(
        MINIMUM_NORM_ATTACK_NAMES,
      ),
    )
    .option('--no-masking', 'leave the checks for gradient masking out')
    .option(
      '--quick',
      'a first impression: 50 examples, 2 restarts of 20 iterations, margins of 40 gradient evaluations, no checks for masking',
    )
    .option('--seed <n>', 'what random starts are drawn from', integer(0), 0)
    .option('--state <dir>', 'where finished parts are kept, so that none is done twice (default: below ./evaluations)')
    .option('--fresh', 'evaluate again, although the same was evaluated before')
    .option(
      '--shard <i/n>',
      'do the i-th of n parts, into the same --state; without it: what is left, and put all together',
      shardSelection,
    )
    .option('--output <file>', 'write the result as JSON')
    .option('--html <file>', 'write a report as one HTML page')
    .option('--baseline <model|file>', 'what the report compares with: NAME[@VERSION], or the JSON of --output')
    .addOption(new Option('--gradient-evaluations <n>', 'the same as --budget').argParser(integer(1)).hideHelp())
    .action(async (options: Options) => {
      assertDirectoryOf('--output', options.output);
      assertDirectoryOf('--html', options.html);
      const { evaluateLocally } = await import('../local/evaluate-locally.js');
      const baselineFile = await readBaseline(options.baseline);
      const evaluated = await evaluateLocally(localOptions(options, baselineFile !== undefined));
      if ('shards' in evaluated) {
        printResult(options.json, evaluated, () => finishedTable(evaluated));
        return;
      }
      const { result, baseline = baselineFile } = evaluated;
      if (options.output !== undefined) await writeFile(options.output, `${JSON.stringify(result)}\n`);
      if (options.html !== undefined) {
        const { renderReport } = await import('../../../trainer/evaluate/report/report.js');
        await writeFile(options.html, renderReport(result, baseline));
      }
      printResult(options.json, result, () => evaluationTables(result));
    });
}

/** Asked before anything is measured: what took hours must have somewhere to go. */
function assertDirectoryOf(option: string, file: string | undefined): void {
  if (file === undefined || statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new CommandFailure(`${option}: expected a file in a directory that exists, got ${file}`, 2);
}

/** The result in a file; undefined where the baseline is a model. */
async function readBaseline(baseline: string | undefined): Promise<EvaluationResult | undefined> {
  if (baseline?.endsWith('.json') !== true) return undefined;
  const { readEvaluationResult } = await import('../../../trainer/evaluate/evaluation-schema.js');
  return readEvaluationResult(readGiven('--baseline', 'the JSON of --output', baseline).toString('utf8'), baseline);
}

/** @param hasBaseline the baseline has been measured before */
function localOptions(options: Options, hasBaseline: boolean): LocalEvaluationOptions {
  const { registry, data, dataset, directory, engine, norm, state, shard } = options;
  if (options.baseline !== undefined && options.html === undefined) {
    throw new CommandFailure('--baseline: it is for the report; say where that goes with --html', 2);
  }
  if (shard !== undefined && (options.output ?? options.html) !== undefined) {
    throw new CommandFailure(
      '--output, --html: there is no result before all parts are put together; leave --shard out for that',
      2,
    );
  }
  if (shard !== undefined && options.fresh === true) {
    throw new CommandFailure('--fresh: not with --shard, whose other parts it would take away', 2);
  }
  const quick = options.quick === true ? QUICK : {};
  const asked = {
    cleanExamples: options.examples,
    robustExamples: options.robustExamples,
    marginExamples: options.marginExamples,
    epsilons: options.epsilons,
    iterations: options.iterations,
    restarts: options.restarts,
    maxDistance: options.maxDistance,
    marginBudget: options.budget ?? options.gradientEvaluations,
    marginAttack: options.marginAttack,
    autoAttackEpsilons: options.autoAttack === true ? 'usual' : options.autoAttack,
    maskingChecks: options.masking ? undefined : false,
    seed: String(options.seed),
  };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return {
    models: selectors(options),
    registry,
    data,
    dataset,
    directory,
    engine,
    norm,
    state,
    fresh: options.fresh === true,
    selection: shard,
    baseline: options.baseline === undefined || hasBaseline ? undefined : parseModel(options.baseline),
    plan: { ...quick, ...given },
  };
}

function selectors({ model = [], modelVersion, alias }: Options) {
  const models = model.map(parseModel);
  if (modelVersion === undefined && alias === undefined) return models;
  const [only = {}, ...more] = models;
  if (more.length > 0)
    throw new CommandFailure('--model-version, --alias: for a single model; of several, say --model NAME@VERSION', 2);
  return [
    { ...only, ...(modelVersion !== undefined && { version: modelVersion }), ...(alias !== undefined && { alias }) },
  ];
}

function finishedTable({ finished, shards, directory }: FinishedShards): string {
  const next =
    finished === shards ? 'The same command without --shard puts them together.' : 'The others are still to be done.';
  return `${finished} of ${shards} parts are finished in ${directory}. ${next}`;
}
