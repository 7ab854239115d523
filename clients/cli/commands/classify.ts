import type { Command } from 'commander';
import { readInputs, withInputs } from '../input/read-inputs.js';
import type { InputOptions } from '../input/read-inputs.js';
import { className, modelSelector, withModel } from '../model-options.js';
import type { ModelOptions } from '../model-options.js';
import { integer } from '../option-types.js';
import { percent } from '../output/figures.js';
import { printResult } from '../output/print.js';
import { formatTable } from '../output/table.js';
import { command } from '../../../host/config/command.js';
import { SERVER_ADDRESS, withAddress, withClient, withOutput } from '../shared-options.js';
import type { AddressOptions, OutputOptions } from '../shared-options.js';

type Options = InputOptions & ModelOptions & AddressOptions & OutputOptions & { readonly deadlineMs?: number };

/** `maxmargin classify`: the class of images. */
export function classifyCommand(): Command {
  const classify = command('classify', 'Ask a server for the class of images');
  return withOutput(
    withModel(withAddress(withInputs(classify), SERVER_ADDRESS)),
    'maxmargin classify seven.png\nmaxmargin classify --dataset digits --index 0-4',
  )
    .option('--deadline-ms <ms>', 'how long to wait at most', integer(1))
    .action(async (files: string[], options: Options) => {
      await withClient(options.address, async (client) => {
        const version = await client.getModel(modelSelector(options), { deadlineMs: options.deadlineMs });
        const inputs = await readInputs(files, options, version);
        const model = { name: version.name, version: version.version };
        const answers = await client.classify(inputs.images, { model, deadlineMs: options.deadlineMs });
        const results = answers.results.map((result, i) => ({
          image: inputs.names[i],
          ...(inputs.labels && { label: inputs.labels[i] }),
          ...result,
        }));
        printResult(options.json, { ...answers, results }, () => {
          const rows = results.map(({ image = '', label, predictedClass, probabilities, logits }) => [
            image,
            className(version.labels, label),
            className(version.labels, predictedClass),
            percent(probabilities[predictedClass] ?? 0),
            (logits[predictedClass] ?? 0).toFixed(2),
          ]);
          const columns = [
            { title: 'image' },
            { title: 'label' },
            { title: 'class' },
            { title: 'probability', numeric: true },
            { title: 'logit', numeric: true },
          ];
          return `${formatTable(columns, rows)}\n\n${answers.model} version ${answers.version}`;
        });
      });
    });
}
