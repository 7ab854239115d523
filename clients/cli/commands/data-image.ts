import { join } from 'node:path';
import { Argument, Option, type Command } from 'commander';
import { replaceFile } from '../../../core/durable/durable-files.js';
import { DATASET_NAMES, SPLITS, type Split } from '../../../trainer/data/dataset.js';
import { openDataset } from '../../../trainer/data/open-dataset.js';
import { encodePng, shade } from '../../../trainer/evaluate/report/image.js';
import { command } from '../../../host/config/command.js';
import { checkPicturePath } from '../given-file.js';
import { integer } from '../option-types.js';
import { printResult } from '../output/print.js';
import { CommandFailure } from '../report-failure.js';
import { withOutput, type OutputOptions } from '../shared-options.js';

interface ImageOptions extends OutputOptions {
  readonly data: string;
  readonly directory?: string;
  readonly split: Split;
  readonly index: number;
  readonly output: string;
}

/** `maxmargin data image`: an image of a data set, as a file of its own. */
export function imageCommand(): Command {
  const image = command('image', 'Write an image of a data set to a PNG file')
    .addArgument(new Argument('<name>', 'the data set').choices(DATASET_NAMES))
    .requiredOption('--output <file>', 'the PNG file')
    .option('--index <n>', 'which image, from 0', integer(0), 0)
    .addOption(new Option('--split <split>', 'of which part').choices(SPLITS).default('test'))
    .option('--data <directory>', 'the data directory', './data')
    .option('--directory <name>', "the data set's directory in it (default: its name)");
  return withOutput(image, 'maxmargin data image digits --index 3 --output digit.png').action(
    async (name: string, { data, directory = name, split, index, output, json }: ImageOptions) => {
      checkPicturePath('--output', output);
      const dataset = await openDataset(name, join(data, directory), '--data, --directory');
      const [height, width, channels] = dataset.inputShape;
      if (channels !== 1 && channels !== 3) {
        throw new CommandFailure(`${name}: expected images of 1 or 3 channels, got ${channels}, which no PNG has`);
      }
      const { count, images, labels } = await dataset.read(split);
      if (index >= count) throw new CommandFailure(`--index: expected at most ${count - 1}, got ${index}`, 2);
      const values = images.subarray(index * height * width * channels, (index + 1) * height * width * channels);
      const rgb = shade(
        Float32Array.from(values, (value) => value / 255),
        channels,
      );
      await replaceFile(output, encodePng(rgb, height, width, channels === 1));
      const label = labels[index] ?? 0;
      const labelName = dataset.labelNames[label] ?? String(label);
      printResult(json, { file: output, split, index, label, labelName, inputShape: dataset.inputShape }, () => {
        const size = `${width} × ${height} pixels in ${channels === 1 ? 'grey' : 'colour'}`;
        return `${output}: image ${index} of the ${split} split of ${name}, ${size}, class ${labelName}`;
      });
    },
  );
}
