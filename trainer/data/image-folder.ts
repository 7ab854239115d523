import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { createRandom } from '../../core/random.js';
import { DomainError, invalidInput, messageOf } from '../../core/errors.js';
import { readUpTo } from './data-file.js';
import { SPLITS, type Dataset, type Examples, type Split } from './dataset.js';

/** A label is one byte. */
const MAX_CLASSES = 256;
const MAX_SIDE = 4096;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Without directories of their own, one image in six is a test image, as in MNIST. */
const TEST_SHARE = 6;
const SPLIT_SEED = 0;

interface Place {
  readonly path: string;
  readonly label: number;
}

/**
 * Labelled images of any kind: `DIR/train/CLASS/*.png` and `DIR/test/CLASS/*.png`; or `DIR/CLASS/*.png`, of which a seeded sixth are test
 * images. Classes are the names of the directories, in the order of their code points. All images have the size of the first, and are
 * grey (one channel) if the first is.
 *
 * @throws invalid-input naming the directory or file, what was expected and what came
 */
export async function imageFolder(directory: string): Promise<Dataset> {
  const inside = await directoriesIn(directory);
  const split = SPLITS.every((name) => inside.includes(name));
  const classes = split ? await directoriesIn(join(directory, 'train')) : inside;
  if (classes.length < 2 || classes.length > MAX_CLASSES)
    throw invalidInput(directory, `2 to ${MAX_CLASSES} directories, one per class`, String(classes.length));
  const places = split
    ? {
        train: await imagesIn(join(directory, 'train'), classes),
        test: await imagesIn(join(directory, 'test'), classes),
      }
    : divide(await imagesIn(directory, classes));
  const first = places.train[0];
  if (first === undefined) throw invalidInput(directory, 'PNG files in its class directories', 'none');
  const { width, height, channels } = await readHeader(first.path);
  return {
    name: 'folder',
    inputShape: [height, width, channels],
    labelNames: classes,
    read: (wanted) => readImages(places[wanted], wanted, { width, height, channels }),
  };
}

async function directoriesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw new DomainError('not-found', `${path}: expected a directory, got ${messageOf(error)}`);
  });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

async function imagesIn(directory: string, classes: readonly string[]): Promise<Place[]> {
  const unknown = (await directoriesIn(directory)).find((name) => !classes.includes(name));
  if (unknown !== undefined) throw invalidInput(directory, `the classes ${classes.join(', ')}`, unknown);
  const places: Place[] = [];
  for (const [label, name] of classes.entries()) {
    const files = await readdir(join(directory, name)).catch(() => [] as string[]);
    for (const file of files.filter((each) => each.toLowerCase().endsWith('.png')).sort())
      places.push({ path: join(directory, name, file), label });
  }
  return places;
}

function divide(places: readonly Place[]): Readonly<Record<Split, Place[]>> {
  const order = createRandom(SPLIT_SEED).permutation(places.length);
  const tests = new Set(order.subarray(0, Math.floor(places.length / TEST_SHARE)));
  return { train: places.filter((_, i) => !tests.has(i)), test: places.filter((_, i) => tests.has(i)) };
}

interface ImageSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Reads a PNG's IHDR: what its pixels will take is known before they are unpacked. */
async function readHeader(path: string): Promise<ImageSize & { readonly bytes: Buffer }> {
  const bytes = await readUpTo(path, MAX_FILE_BYTES);
  if (bytes === undefined) throw invalidInput(path, 'a PNG file', 'none');
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(signature) || bytes.toString('latin1', 12, 16) !== 'IHDR')
    throw invalidInput(path, 'a PNG file', 'something else');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth = 0, colour = 0] = bytes.subarray(24, 26);
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    throw invalidInput(path, `1 to ${MAX_SIDE} pixels a side`, `${width} × ${height}`);
  if (depth > 8) throw invalidInput(path, 'at most 8 bits a value', String(depth));
  // 0 and 4 are grey, without and with alpha.
  return { bytes, width, height, channels: colour === 0 || colour === 4 ? 1 : 3 };
}

async function readImages(places: readonly Place[], split: Split, size: ImageSize): Promise<Examples> {
  if (places.length === 0) throw new DomainError('not-found', `${split} images: expected PNG files, got none`);
  const { width, height, channels } = size;
  const values = width * height * channels;
  const images = new Uint8Array(places.length * values);
  for (const [i, { path }] of places.entries()) {
    const header = await readHeader(path);
    if (header.width !== width || header.height !== height)
      throw invalidInput(
        path,
        `${width} × ${height} pixels, as the first image has`,
        `${header.width} × ${header.height}`,
      );
    if (header.channels !== channels)
      throw invalidInput(
        path,
        channels === 1 ? 'a grey image, as the first is' : 'a colour image, as the first is',
        'not one',
      );
    images.set(pixelsOf(path, header.bytes, channels), i * values);
  }
  return { count: places.length, images, labels: Uint8Array.from(places, ({ label }) => label) };
}

/** Channels of a PNG, whose transparency must be none. */
function pixelsOf(path: string, bytes: Buffer, channels: number): Uint8Array {
  let rgba: Buffer;
  try {
    rgba = PNG.sync.read(bytes).data;
  } catch (error) {
    throw invalidInput(path, 'a whole PNG file', messageOf(error));
  }
  const pixels = new Uint8Array((rgba.length / 4) * channels);
  for (let i = 0; i < rgba.length / 4; i++) {
    if (rgba[4 * i + 3] !== 255) throw invalidInput(path, 'an image without transparency', 'transparent pixels');
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = rgba[4 * i + c] ?? 0;
  }
  return pixels;
}
