import { join } from 'node:path';
import type { Split } from '../../../trainer/data/dataset.js';
import { matchClasses, withClasses } from '../../../trainer/data/match-classes.js';
import { openDataset } from '../../../trainer/data/open-dataset.js';
import { CommandFailure } from '../report-failure.js';
import type { Inputs } from './inputs.js';

/** Which examples of a data set. */
export interface ExampleSelection {
  readonly name: string;
  readonly split: Split;
  /** From 0. */
  readonly indices: readonly number[];
  /** Where data sets are, each in a directory of its name. */
  readonly directory: string;
  /** The model's, whose labels are asked for. */
  readonly classes: readonly string[];
}

/** Examples of a data set, labelled with the classes of a model of the same names. @throws invalid-input or not-found of the data set; CommandFailure for an index beyond its end */
export async function readExamples({ name, split, indices, directory, classes }: ExampleSelection): Promise<Inputs> {
  const dataset = await openDataset(name, join(directory, name), '--data');
  const from = { title: `data set ${name}`, classes: dataset.labelNames };
  const matched = matchClasses(from, { title: 'the model', classes });
  const { count, images, labels } = withClasses(await dataset.read(split), matched);
  const size = images.length / count;
  const data = new Uint8Array(indices.length * size);
  for (const [i, index] of indices.entries()) {
    if (index >= count) throw new CommandFailure(`--index: expected at most ${count - 1}, got ${index}`, 2);
    data.set(images.subarray(index * size, (index + 1) * size), i * size);
  }
  return {
    images: { data, shape: [indices.length, ...dataset.inputShape] },
    names: indices.map(String),
    labels: indices.map((index) => labels[index] ?? 0),
  };
}
