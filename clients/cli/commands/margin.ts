import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { MarginBudget, MarginOptions } from '../../client/margins.js';
import { NORMS } from '../../../core/margin/threat-model.js';
import { readInputs, withInputs } from '../input/read-inputs.js';
import type { Inputs } from '../input/inputs.js';
import type { InputOptions } from '../input/read-inputs.js';
import { modelSelector, withModel } from '../model-options.js';
import type { ModelOptions } from '../model-options.js';
import { decimal, integer, integers } from '../option-types.js';
import { figure } from '../output/figures.js';
import { marginTable } from '../output/margin-table.js';
import { drawPanel } from '../output/panel.js';
import { printResult } from '../output/print.js';
import { command } from '../command.js';
import { CommandFailure } from '../report-failure.js';
import { SERVER_ADDRESS, withAddress, withClient, withOutput } from '../shared-options.js';
import type { AddressOptions, OutputOptions } from '../shared-options.js';

interface Options extends InputOptions, ModelOptions, AddressOptions, OutputOptions {
  readonly label?: readonly number[];
  readonly norm?: MarginOptions['norm'];
  readonly maxDistance?: number;
  readonly budget?: MarginBudget;
  readonly target?: number;
  readonly seed?: bigint;
  readonly deadlineMs?: number;
  readonly save?: string;
  readonly perturbations?: boolean;
}

/** `maxmargin margin`: how far images are from another answer. */
export function marginCommand(): Command {
  const margin = command('margin', 'Ask a server how far images are from being classified otherwise');
  return withOutput(
    withModel(withAddress(withInputs(margin), SERVER_ADDRESS)),
    'maxmargin margin --dataset digits --index 3 --save three.png\nmaxmargin margin seven.png --label 7 --norm l2 --budget thorough',
  )
    .option(
      '--label <n,…>',
      "the true classes, one an image (default: the data set's, else the model's own answers)",
      integers(0),
    )
    .addOption(new Option('--norm <norm>', "what distance is measured in (default: the model's own)").choices(NORMS))
    .option('--max-distance <d>', "how far to search (default: 1.05 times the model's d_max)", decimal(0))
    .option('--budget <effort>', 'fast, standard, thorough, or a number of gradient evaluations an image', budget)
    .option(
      '--target <class>',
      'look only for perturbations that lead to this class, whatever the labels are',
      integer(0),
    )
    .option('--seed <n>', 'what random starts are drawn from (default: 0)', seed)
    .option('--deadline-ms <ms>', 'answer with the best found by then', integer(1))
    .option('--perturbations', 'with --json: the perturbations as well')
    .option('--save <file>', 'draw original, perturbation and adversarial image side by side into a PNG')
    .action(run);
}

async function run(files: string[], options: Options): Promise<void> {
  await withClient(options.address, async (client) => {
    const version = await client.getModel(modelSelector(options), { deadlineMs: options.deadlineMs });
    const inputs = await readInputs(files, options, version);
    const answers = await client.margins(inputs.images, {
      model: { name: version.name, version: version.version },
      labels: labelsFor(inputs, options.label),
      norm: options.norm,
      maxDistance: options.maxDistance,
      budget: options.budget,
      targetClass: options.target,
      seed: options.seed,
      returnPerturbations: options.perturbations === true || options.save !== undefined,
      deadlineMs: options.deadlineMs,
    });
    const norm = options.norm ?? version.norm;
    const saved =
      options.save === undefined ? undefined : { file: options.save, ...drawPanel(inputs.images, answers.results) };
    if (saved !== undefined) await writeFile(saved.file, saved.png);

    const results = answers.results.map(({ perturbation, ...result }, i) => ({
      image: inputs.names[i],
      ...result,
      ...(options.perturbations === true && perturbation !== undefined ? { perturbation } : {}),
    }));
    const picture = saved && { file: saved.file, perturbationScales: saved.scales };
    printResult(options.json, { ...answers, norm, results, ...(picture && { saved: picture }) }, () =>
      [
        marginTable(inputs.names, answers.results, version.labels),
        '',
        `${answers.model} version ${answers.version}, distances in ${norm}`,
        ...(saved === undefined
          ? []
          : [
              `${saved.file}: original, perturbation (mid-grey is 0, black and white are the largest change), adversarial`,
              `  largest change: ${saved.scales.map((scale, i) => `${inputs.names[i] ?? ''} ±${figure(scale)}`).join(', ')}`,
            ]),
      ].join('\n'),
    );
  });
}

function labelsFor(inputs: Inputs, given: readonly number[] | undefined): readonly number[] | undefined {
  if (given === undefined) return inputs.labels;
  if (given.length === inputs.names.length) return given;
  throw new CommandFailure(`--label: expected one an image (${inputs.names.length}), got ${given.length}`, 2);
}

function budget(text: string): MarginBudget {
  if (text === 'fast' || text === 'standard' || text === 'thorough') return text;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected fast, standard, thorough or a number of at least 1.');
}

function seed(text: string): bigint {
  if (/^\d+$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw new InvalidArgumentError('Expected an integer from 0 to 2^64 − 1.');
}
