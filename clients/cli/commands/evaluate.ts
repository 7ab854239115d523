import { Option } from 'commander';
import type { Command } from 'commander';
import { ENGINE_CHOICES } from '../../../core/engine/engine.js';
import type { EngineChoice } from '../../../core/engine/engine.js';
import { NORMS } from '../../../core/margin/threat-model.js';
import type { Norm } from '../../../core/margin/threat-model.js';
import { modelSelector, withModel } from '../model-options.js';
import type { ModelOptions } from '../model-options.js';
import { decimal, integer } from '../option-types.js';
import { evaluationFields } from '../output/model-tables.js';
import { printResult } from '../output/print.js';
import { formatFields } from '../output/table.js';
import { command } from '../command.js';
import { withOutput } from '../shared-options.js';
import type { OutputOptions } from '../shared-options.js';

interface Options extends OutputOptions, ModelOptions {
  readonly registry: string;
  readonly data: string;
  readonly dataset: string;
  readonly directory?: string;
  readonly engine: EngineChoice;
  readonly examples?: number;
  readonly marginExamples: number;
  readonly norm?: Norm;
  readonly maxDistance?: number;
  readonly gradientEvaluations: number;
  readonly seed: number;
}

/** `maxmargin evaluate`: accuracy and margins of a published model on a test set, in this process. */
export function evaluateCommand(): Command {
  const evaluate = command('evaluate', 'Measure accuracy and margins of a published model on a test set');
  return withOutput(withModel(evaluate), 'maxmargin evaluate --model digits --dataset digits --margin-examples 500')
    .option('--registry <dir>', 'where the model is published', './registry')
    .option('--data <dir>', 'where data sets are', './data')
    .option('--dataset <name>', 'digits, mnist, fashion-mnist, cifar10, idx or folder', 'digits')
    .option('--directory <path>', "where it is below the data directory (default: the data set's name)")
    .addOption(new Option('--engine <engine>', 'what runs the numerics').choices(ENGINE_CHOICES).default('auto'))
    .option('--examples <n>', 'test examples for the accuracy (default: all)', integer(1))
    .option('--margin-examples <n>', 'test examples whose margins are measured', integer(1), 200)
    .addOption(new Option('--norm <norm>', "what distance is measured in (default: the model's own)").choices(NORMS))
    .option('--max-distance <d>', "how far to search (default: 1.05 times the model's d_max)", decimal(0))
    .option('--gradient-evaluations <n>', 'what one margin may cost', integer(1), 100)
    .option('--seed <n>', 'what random starts are drawn from', integer(0), 0)
    .action(async (options: Options) => {
      const { evaluateLocally } = await import('../local/evaluate-locally.js');
      const { registry, data, dataset, directory, engine, examples, marginExamples, norm, maxDistance, seed } = options;
      const evaluated = await evaluateLocally({
        model: modelSelector(options),
        registry,
        data,
        dataset,
        directory,
        engine,
        examples,
        marginExamples,
        norm,
        maxDistance,
        gradientEvaluations: options.gradientEvaluations,
        seed: BigInt(seed),
      });
      printResult(options.json, evaluated, () => {
        const { model, version, engine: used, evaluation } = evaluated;
        const { attack, gradientEvaluations } = evaluation;
        return formatFields([
          ['model', `${model} version ${version}`],
          ...evaluationFields(evaluation),
          ['attack', `${attack}, at most ${gradientEvaluations} gradient evaluations an example, engine ${used}`],
        ]);
      });
    });
}
