import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { MarginBudget, MarginOptions } from '../../client/margins.js';
import { replaceFile } from '../../../core/durable/durable-files.js';
import { NORMS } from '../../../core/margin/threat-model.js';
import { readInputs, withInputs } from '../input/read-inputs.js';
import type { Inputs } from '../input/inputs.js';
import type { InputOptions } from '../input/read-inputs.js';
import { modelSelector, withModel } from '../model-options.js';
import type { ModelOptions } from '../model-options.js';
import { decimal, integer } from '../option-types.js';
import { inEightBits } from '../output/eight-bits.js';
import { marginTable } from '../output/margin-table.js';
import { drawPanel, largestChange } from '../output/panel.js';
import { printResult } from '../output/print.js';
import { classesNamed, classNamed } from '../class-option.js';
import { command } from '../../../host/config/command.js';
import { checkPicturePath } from '../given-file.js';
import { CommandFailure } from '../report-failure.js';
import { SERVER_ADDRESS, withAddress, withClient, withOutput } from '../shared-options.js';
import type { AddressOptions, OutputOptions } from '../shared-options.js';

interface Options extends InputOptions, ModelOptions, AddressOptions, OutputOptions {
  readonly label?: string;
  readonly norm?: MarginOptions['norm'];
  readonly maxDistance?: number;
  readonly budget?: MarginBudget;
  readonly target?: string;
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
      '--label <class,…>',
      "the true classes, one an image, by name or by number from 0 (default: the data set's, else the model's own answers)",
    )
    .addOption(new Option('--norm <norm>', "what distance is measured in (default: the model's own)").choices(NORMS))
    .option('--max-distance <d>', "how far to search (default: 1.05 times the model's d_max)", decimal(0))
    .option('--budget <effort>', 'fast, standard, thorough, or a number of gradient evaluations an image', budget)
    .option(
      '--target <class>',
      'look only for perturbations that lead to this class, by name or number, whatever the labels are',
    )
    .option('--seed <n>', 'what random starts are drawn from (default: 0)', seed)
    .option('--deadline-ms <ms>', 'answer with the best found by then', integer(1))
    .option('--perturbations', 'with --json: the perturbations as well')
    .option('--save <file>', 'a PNG of each original, its perturbation and the adversarial image, with captions')
    .action(run);
}

async function run(files: string[], options: Options): Promise<void> {
  if (options.save !== undefined) checkPicturePath('--save', options.save);
  await withClient(options.address, async (client) => {
    const version = await client.getModel(modelSelector(options), { deadlineMs: options.deadlineMs });
    const given = options.label === undefined ? undefined : classesNamed('--label', options.label, version.labels);
    const target = options.target === undefined ? undefined : classNamed('--target', options.target, version.labels);
    const inputs = await readInputs(files, options, version);
    const answers = await client.margins(inputs.images, {
      model: { name: version.name, version: version.version },
      labels: labelsFor(inputs, given),
      norm: options.norm,
      maxDistance: options.maxDistance,
      budget: options.budget,
      targetClass: target,
      seed: options.seed,
      returnPerturbations: options.perturbations === true || options.save !== undefined,
      deadlineMs: options.deadlineMs,
    });
    const norm = options.norm ?? version.norm;
    const { save } = options;
    let picture:
      | { readonly file: string; readonly perturbationScales: number[]; readonly succeeds: (boolean | null)[] }
      | undefined;
    if (save !== undefined) {
      const model = { name: version.name, version: version.version };
      const adversarial = await inEightBits(client, model, inputs.images, answers.results, target);
      const contents = { ...inputs, results: answers.results, adversarial, classNames: version.labels, norm };
      await replaceFile(save, drawPanel(contents));
      picture = {
        file: save,
        perturbationScales: answers.results.map(({ perturbation }) => largestChange(perturbation?.data)),
        succeeds: adversarial.map((each) => each?.succeeds ?? null),
      };
    }

    const results = answers.results.map(({ perturbation, ...result }, i) => ({
      image: inputs.names[i],
      ...result,
      ...(options.perturbations === true && perturbation !== undefined ? { perturbation } : {}),
    }));
    printResult(options.json, { ...answers, norm, results, ...(picture && { saved: picture }) }, () =>
      [
        marginTable(inputs.names, answers.results, version.labels),
        '',
        `${answers.model} version ${answers.version}, distances in ${norm}`,
        ...(picture === undefined ? [] : [describePicture(picture)]),
      ].join('\n'),
    );
  });
}

/** @param succeeds of each image with a perturbation: whether it still does in 8 bits */
function describePicture({
  file,
  succeeds,
}: {
  readonly file: string;
  readonly succeeds: readonly (boolean | null)[];
}): string {
  const undone = succeeds.filter((each) => each === false).length;
  const line = `${file}: original, perturbation (at the scale that its caption says), adversarial image in 8 bits`;
  return undone === 0
    ? line
    : `${line}\n  ${undone} of them rounded to 8 bits are classified as before, as their captions say`;
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
