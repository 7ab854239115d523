import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { DomainError, invalidInput, messageOf } from '../../core/errors.js';
import { isErrno } from '../../core/durable/errno.js';
import type { Dataset, Examples, Split } from './dataset.js';
import { IMAGE_FILE_NAME, imageSize, readImage, readImageBytes } from './image-file.js';
import type { ImageSize } from './image-pixels.js';

/** A label is one byte. */
const MAX_CLASSES = 256;
/** Of one split, unpacked. */
const MAX_BYTES = 2 ** 31;
/** Without directories of their own, one image in six of a class is a test image. */
const TEST_FRACTION = 6;
const SEED = 0;

interface LabelledFile {
  readonly path: string;
  readonly label: number;
}

/**
 * Labelled PNG and JPEG images: `DIR/train/CLASS/*.png` and `DIR/test/CLASS/*.png`; or `DIR/CLASS/*.png`, of which a seeded sixth of each
 * class are test images. It is the former where `DIR/train` holds directories: a class may be called train or test. Names that begin with a dot are
 * passed over, any other file or directory is an error. Symbolic links are followed.
 *
 * Classes are the names of the directories, sorted as numbers if all of them are, else by their UTF-16 code units. All images have the size of the first, and are grey (one
 * channel) if its file has a grey format. The order of the examples is shuffled, by a fixed seed, since the first ones are taken for validation.
 *
 * @throws not-found; invalid-input naming the directory or file, what was expected and what came
 */
export async function imageFolder(directory: string): Promise<Dataset> {
  const inside = await directoriesIn(directory);
  const isSplit = inside.includes('train') && (await list(join(directory, 'train'))).some((entry) => entry.isDirectory);
  const stray = isSplit ? inside.find((name) => name !== 'train' && name !== 'test') : undefined;
  if (stray !== undefined) throw invalidInput(directory, 'train and test, since train holds directories', stray);
  const classes = isSplit ? await directoriesIn(join(directory, 'train')) : inside;
  if (classes.length < 2 || classes.length > MAX_CLASSES)
    throw invalidInput(directory, `2 to ${MAX_CLASSES} directories, one per class`, String(classes.length));
  const random = createRandom(SEED);
  const files = isSplit ? await listSplits(directory, classes) : divide(await listImages(directory, classes), random);
  const [first] = files.train;
  if (first === undefined) throw invalidInput(directory, 'PNG or JPEG files in its class directories', 'none');
  const size = imageSize(first.path, await readImageBytes(first.path));
  const shuffled = { train: shuffle(files.train, random), test: shuffle(files.test, random) };
  return {
    name: 'folder',
    inputShape: [size.height, size.width, size.channels],
    labelNames: classes,
    read: (split) => readImages(directory, split, shuffled[split], size),
  };
}

async function listSplits(
  directory: string,
  classes: readonly string[],
): Promise<Readonly<Record<Split, LabelledFile[]>>> {
  const test = join(directory, 'test');
  const testClasses = await directoriesIn(test);
  const unknown = testClasses.find((name) => !classes.includes(name));
  if (unknown !== undefined) throw invalidInput(test, `the classes of train (${classes.join(', ')})`, unknown);
  return {
    train: await listImages(join(directory, 'train'), classes),
    test: await listImages(test, classes, testClasses),
  };
}

/** The directories of one that holds nothing else. */
async function directoriesIn(path: string): Promise<string[]> {
  const entries = await list(path);
  const stray = entries.find((entry) => !entry.isDirectory);
  if (stray !== undefined) throw invalidInput(path, 'directories only', `the file ${stray.name}`);
  const names = entries.map(({ name }) => name);
  return names.every((name) => /^\d+$/.test(name)) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

async function list(path: string): Promise<{ readonly name: string; readonly isDirectory: boolean }[]> {
  const names = await readdir(path).catch((error: unknown) => {
    const got = isErrno(error, 'ENOENT') ? 'nothing there' : isErrno(error, 'ENOTDIR') ? 'a file' : messageOf(error);
    throw new DomainError('not-found', `${path}: expected a directory, got ${got}`);
  });
  const shown = names.filter((name) => !name.startsWith('.')).sort((a, b) => (a < b ? -1 : 1));
  return Promise.all(shown.map(async (name) => ({ name, isDirectory: await isDirectory(join(path, name)) })));
}

/** Links are followed. @throws invalid-input naming one that leads nowhere */
async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw invalidInput(path, 'a file or directory that can be read', messageOf(error));
  }
}

async function listImages(
  directory: string,
  classes: readonly string[],
  present: readonly string[] = classes,
): Promise<LabelledFile[]> {
  const files: LabelledFile[] = [];
  for (const [label, name] of classes.entries()) {
    if (!present.includes(name)) continue;
    const path = join(directory, name);
    for (const entry of await list(path)) {
      if (entry.isDirectory || !IMAGE_FILE_NAME.test(entry.name))
        throw invalidInput(path, 'PNG and JPEG files only', entry.name);
      files.push({ path: join(path, entry.name), label });
    }
  }
  return files;
}

/** A sixth of each class for testing. */
function divide(files: readonly LabelledFile[], random: Random): Readonly<Record<Split, LabelledFile[]>> {
  const split = { train: [] as LabelledFile[], test: [] as LabelledFile[] };
  for (const label of new Set(files.map((file) => file.label))) {
    const ofClass = shuffle(
      files.filter((file) => file.label === label),
      random,
    );
    const tests = Math.floor(ofClass.length / TEST_FRACTION);
    split.test.push(...ofClass.slice(0, tests));
    split.train.push(...ofClass.slice(tests));
  }
  return split;
}

function shuffle(files: readonly LabelledFile[], random: Random): LabelledFile[] {
  return Array.from(random.permutation(files.length), (i) => files[i]).filter((file) => file !== undefined);
}

async function readImages(
  directory: string,
  split: Split,
  files: readonly LabelledFile[],
  size: ImageSize,
): Promise<Examples> {
  if (files.length === 0)
    throw new DomainError('not-found', `${directory}: expected PNG or JPEG files for the ${split} split, got none`);
  const imageBytes = size.height * size.width * size.channels;
  if (files.length * imageBytes > MAX_BYTES)
    throw invalidInput(directory, `at most ${MAX_BYTES} bytes of images`, String(files.length * imageBytes));
  // The first image is there before memory for all of them is taken, as its header alone says how large they are.
  const first = await readValues(files[0]?.path ?? '', size);
  const images = new Uint8Array(files.length * imageBytes);
  images.set(first);
  for (const [i, { path }] of files.entries()) {
    if (i > 0) images.set(await readValues(path, size), i * imageBytes);
  }
  return { count: files.length, images, labels: Uint8Array.from(files, ({ label }) => label) };
}

/** One byte a value: 16 bits only where they say no more than 8 would. */
async function readValues(path: string, size: ImageSize): Promise<Uint8Array> {
  const values = await readImage(path, await readImageBytes(path), size, 'the first image of the data set is');
  if (values instanceof Uint8Array) return values;
  if (values.some((value) => value % 257 !== 0))
    throw invalidInput(path, 'at most 8 bits a value, as data sets hold', '16; round it to 8 bits first');
  return Uint8Array.from(values, (value) => value / 257);
}
