import { join } from 'node:path';
import { Argument, type Command } from 'commander';
import { DomainError } from '../../../core/errors.js';
import { makeDirectory, replaceFile } from '../../../core/durable/durable-files.js';
import { contactSheet } from '../../../trainer/data/contact-sheet.js';
import { DATASET_NAMES, SPLITS, type Dataset, type Examples } from '../../../trainer/data/dataset.js';
import { fetchDataset } from '../../../trainer/data/fetch/fetch-dataset.js';
import { FETCHABLE, type Fetchable } from '../../../trainer/data/fetch/sources.js';
import { fingerprint } from '../../../trainer/data/fingerprint.js';
import { writeIdx } from '../../../trainer/data/idx.js';
import { openDataset } from '../../../trainer/data/open-dataset.js';
import { printResult } from '../output/print.js';
import { progressBar } from '../output/progress-bar.js';
import { formatFields, formatTable } from '../output/table.js';
import { command } from '../../../host/config/command.js';
import { checkPicturePath } from '../given-file.js';
import { withOutput, type OutputOptions } from '../shared-options.js';
import { imageCommand } from './data-image.js';

interface DataOptions extends OutputOptions {
  readonly data: string;
}

/** `maxmargin data …`: makes, downloads and describes data sets. */
export function dataCommand(): Command {
  return command('data', 'Make, download and describe data sets')
    .addCommand(makeCommand())
    .addCommand(fetchCommand())
    .addCommand(infoCommand())
    .addCommand(imageCommand());
}

function makeCommand(): Command {
  const make = command('make', 'Write the generated digits as IDX files, as MNIST comes')
    .addArgument(new Argument('<name>', 'the data set').choices(['digits']))
    .requiredOption('--out <directory>', 'where the four files go');
  return withOutput(make, 'maxmargin data make digits --out ./data/drawn').action(
    async (name: string, { out, json }: OutputOptions & { readonly out: string }) => {
      const dataset = await openDataset(name, '');
      const [side] = dataset.inputShape;
      await makeDirectory(out);
      const files: string[] = [];
      for (const split of SPLITS) {
        const { images, labels } = writeIdx(await dataset.read(split), side);
        const stem = split === 'train' ? 'train' : 't10k';
        const written = { [`${stem}-images-idx3-ubyte`]: images, [`${stem}-labels-idx1-ubyte`]: labels };
        for (const [file, bytes] of Object.entries(written)) {
          await replaceFile(join(out, file), bytes);
          files.push(join(out, file));
        }
      }
      printResult(json, { files }, () => files.join('\n'));
    },
  );
}

function fetchCommand(): Command {
  const fetching = command('fetch', 'Download a data set, with checksums')
    .addArgument(new Argument('<name>', 'the data set').choices(FETCHABLE))
    .option('--data <directory>', 'the data directory; the files go to a directory of the data set in it', './data')
    .option('--from <url>', 'another place to download from');
  return withOutput(fetching, 'maxmargin data fetch mnist --data ./data').action(
    async (name: Fetchable, { data, from, json }: DataOptions & { readonly from?: string }) => {
      const bar = progressBar();
      const directory = join(data, name);
      const fetched = await fetchDataset(name, directory, {
        from,
        onProgress: (file, received, total) => {
          const megabytes = `${(received / 1e6).toFixed(1)} MB`;
          bar.update(file, total === undefined ? 0 : received / total, megabytes);
        },
      }).finally(() => {
        bar.clear();
      });
      printResult(json, { directory, fetched }, () =>
        fetched.length === 0
          ? `${directory}: everything is there already.`
          : `${directory}: downloaded ${fetched.join(', ')}.`,
      );
    },
  );
}

function infoCommand(): Command {
  const info = command('info', 'Describe a data set: its splits, shapes, classes and fingerprint')
    .addArgument(new Argument('<name>', 'the data set').choices(DATASET_NAMES))
    .option('--data <directory>', 'the data directory', './data')
    .option('--directory <name>', "the data set's directory in it (default: its name)")
    .option('--contact-sheet <file>', 'write the first 200 test images to a PNG file');
  return withOutput(info, 'maxmargin data info digits --contact-sheet digits.png').action(
    async (name: string, options: DataOptions & { readonly directory?: string; readonly contactSheet?: string }) => {
      if (options.contactSheet !== undefined) checkPicturePath('--contact-sheet', options.contactSheet);
      const dataset = await openDataset(name, join(options.data, options.directory ?? name), '--data, --directory');
      const splits = await readSplits(dataset);
      const test = splits.at(-1);
      if (options.contactSheet !== undefined && test !== undefined)
        await replaceFile(options.contactSheet, contactSheet(dataset, test.examples));
      const described = splits.map(({ split, examples }) => ({
        split,
        count: examples.count,
        countByClass: countByClass(examples, dataset.labelNames.length),
        fingerprint: fingerprint(examples),
      }));
      const { inputShape, labelNames } = dataset;
      printResult(options.json, { name, inputShape, labelNames, splits: described }, () =>
        [
          formatFields([
            ['data set', name],
            ['input shape', inputShape.join(' × ')],
            ...described.map(({ split, count }) => [`${split} examples`, String(count)] as const),
            ...described.map((each) => [`${each.split} SHA-256`, each.fingerprint] as const),
          ]),
          formatTable(
            [{ title: 'class' }, ...described.map(({ split }) => ({ title: split, numeric: true }))],
            labelNames.map((label, i) => [label, ...described.map((each) => String(each.countByClass[i]))]),
          ),
        ].join('\n\n'),
      );
    },
  );
}

/** The splits that are there. @throws what the first says if none is */
async function readSplits(dataset: Dataset): Promise<{ split: string; examples: Examples }[]> {
  const found: { split: string; examples: Examples }[] = [];
  const missing: DomainError[] = [];
  for (const split of SPLITS) {
    try {
      found.push({ split, examples: await dataset.read(split) });
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'not-found') throw error;
      missing.push(error);
    }
  }
  if (found.length === 0 && missing[0] !== undefined) throw missing[0];
  return found;
}

function countByClass({ labels }: Examples, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
