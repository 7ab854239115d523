import { basename } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Split } from '../../../trainer/data/dataset.js';
import { SPLITS } from '../../../trainer/data/dataset.js';
import { readGiven } from '../given-file.js';
import { integer, integers } from '../option-types.js';
import { CommandFailure } from '../report-failure.js';
import type { Inputs } from './inputs.js';
import { decodeImages } from './image-files.js';
import { decodeRaw, RAW_TYPES } from './raw.js';
import type { RawType } from './raw.js';

export interface InputOptions {
  readonly dataset?: string;
  readonly index?: readonly number[];
  readonly split: Split;
  readonly data: string;
  readonly shape?: readonly number[];
  readonly dtype?: RawType;
}

/** Adds what {@link readInputs} reads: files, or examples of a data set. */
export function withInputs(command: Command): Command {
  return command
    .argument('[files...]', 'PNG or JPEG files, or one raw file with --shape and --dtype')
    .option('--dataset <name>', 'take images of a data set: digits, mnist, …')
    .option('--index <n,…>', 'which of its images, from 0: 3 or 3,5 or 0-9', integers(0))
    .addOption(new Option('--split <split>', 'of which part').choices(SPLITS).default('test'))
    .option('--data <dir>', 'where data sets are', './data')
    .option('--shape <n,…>', 'the shape of a raw file: 1,28,28,1', extents)
    .addOption(new Option('--dtype <type>', 'the type of its values').choices(RAW_TYPES));
}

const extents = (text: string): number[] => text.split(/[,x×]/).map(integer(1));

/** @param model what takes them: images of its shape, height, width, channels, and labels of its classes */
export async function readInputs(
  files: readonly string[],
  options: InputOptions,
  { inputShape, labels: classes }: { readonly inputShape: readonly number[]; readonly labels: readonly string[] },
): Promise<Inputs> {
  if (options.dataset !== undefined) {
    if (files.length > 0) throw new CommandFailure('Give either files or --dataset, not both.', 2);
    const { readExamples } = await import('./data-set.js');
    const { dataset: name, split, index: indices = [0], data: directory } = options;
    return readExamples({ name, split, indices, directory, classes });
  }
  const [first] = files;
  if (first === undefined)
    throw new CommandFailure('Which images? Give PNG or JPEG files, a raw file, or --dataset and --index.', 2);
  if (options.shape !== undefined || options.dtype !== undefined) {
    if (options.shape === undefined || files.length > 1) {
      throw new CommandFailure('A raw file needs --shape, and there may be one only.', 2);
    }
    const images = decodeRaw(readGiven('files', 'a raw file', first), first, options.shape, options.dtype ?? 'float32');
    return { images, names: Array.from({ length: images.shape[0] ?? 0 }, (_, i) => String(i)) };
  }
  const given = files.map((path) => ({ path, bytes: readGiven('files', 'a PNG or JPEG file', path) }));
  return { images: await decodeImages(given, inputShape), names: files.map((file) => basename(file)) };
}
