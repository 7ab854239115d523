import { invalidInput } from '../../core/errors.js';
import type { DataFile, ReadLimit } from './data-file.js';
import type { Examples, Split } from './dataset.js';

/*
 * The format of MNIST: a big-endian magic number (unsigned bytes in one, three or four dimensions), the extent of each dimension as a
 * big-endian 32-bit number, then the values. Of images with several channels these are the fourth dimension.
 */
const IMAGES_MAGIC = 2051;
const CHANNELS_MAGIC = 2052;
const LABELS_MAGIC = 2049;
const IMAGES_HEADER_BYTES = 16;
const LABELS_HEADER_BYTES = 8;
/** By how much a header of images with several channels is longer. */
const CHANNELS_BYTES = 4;

/** What the files of a split are called in this family. */
export const IDX_FILES: Readonly<Record<Split, { readonly images: string; readonly labels: string }>> = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
};

/** Far more than any set of this family holds. */
const MAX_EXAMPLES = 1_000_000;

/** More than that is no set of small images. */
const MAX_SIDE = 1024;
const MAX_CHANNELS = 16;

/** The size of an image. */
export interface IdxImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

interface ImageHeader extends IdxImageSize {
  readonly count: number;
  /** Before the values. */
  readonly headerBytes: number;
}

/** How much of a file of images to read. @param size the one that images must have; undefined: any up to 1,024 × 1,024 × 16 */
export function imagesLimit(size?: IdxImageSize): ReadLimit {
  return {
    headerBytes: IMAGES_HEADER_BYTES + CHANNELS_BYTES,
    maxBytes: (header) => {
      const { headerBytes, count, height, width, channels } = imageHeader(header, size);
      return headerBytes + count * height * width * channels;
    },
  };
}

/** The size of the images in a file. @throws invalid-input */
export function imageSizeOf(images: DataFile): IdxImageSize {
  const { height, width, channels } = imageHeader(images, undefined);
  return { height, width, channels };
}

/** The labels in a file. @throws invalid-input */
export function parseLabels(labels: DataFile): Uint8Array {
  return body(labels, LABELS_HEADER_BYTES, labelCount(labels));
}

/** How much of a file of labels to read. */
export const LABELS_LIMIT: ReadLimit = {
  headerBytes: LABELS_HEADER_BYTES,
  maxBytes: (header) => LABELS_HEADER_BYTES + labelCount(header),
};

/**
 * The examples in a pair of IDX files: images and their labels.
 *
 * @param size the one that images must have
 * @param classes labels are 0 … classes − 1
 * @throws invalid-input naming the file, what was expected and what came
 */
export function parseIdx(images: DataFile, labels: DataFile, size: IdxImageSize, classes: number): Examples {
  const { headerBytes, count } = imageHeader(images, size);
  const pixels = body(images, headerBytes, count * size.height * size.width * size.channels);
  const labelled = labelCount(labels);
  if (labelled !== count) throw invalidInput(labels.path, `${count} labels, one per image`, String(labelled));
  const values = body(labels, LABELS_HEADER_BYTES, count);
  checkLabels(labels.path, values, classes);
  return { count, images: pixels, labels: values };
}

/** Writes examples with one channel as the bytes of a pair of IDX files. */
export function writeIdx(
  examples: Examples,
  side: number,
): { readonly images: Uint8Array; readonly labels: Uint8Array } {
  const images = Buffer.alloc(IMAGES_HEADER_BYTES + examples.images.length);
  [IMAGES_MAGIC, examples.count, side, side].forEach((value, i) => images.writeUInt32BE(value, i * 4));
  images.set(examples.images, IMAGES_HEADER_BYTES);
  const labels = Buffer.alloc(LABELS_HEADER_BYTES + examples.count);
  [LABELS_MAGIC, examples.count].forEach((value, i) => labels.writeUInt32BE(value, i * 4));
  labels.set(examples.labels, LABELS_HEADER_BYTES);
  return { images, labels };
}

/** @throws invalid-input naming the first label that is not one of the classes */
export function checkLabels(path: string, labels: Uint8Array, classes: number): void {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw invalidInput(path, `labels from 0 to ${classes - 1}`, `${String(labels[wrong])} at example ${wrong}`);
}

function imageHeader(images: DataFile, size: IdxImageSize | undefined): ImageHeader {
  const { extents, headerBytes } = readHeader(images, [IMAGES_MAGIC, CHANNELS_MAGIC]);
  const [count = 0, height = 0, width = 0, channels = 1] = extents;
  const fits =
    size === undefined
      ? Math.min(height, width, channels) >= 1 && Math.max(height, width) <= MAX_SIDE && channels <= MAX_CHANNELS
      : height === size.height && width === size.width && channels === size.channels;
  const expected =
    size === undefined ? `1 × 1 to ${MAX_SIDE} × ${MAX_SIDE}, in 1 to ${MAX_CHANNELS} channels` : sizeText(size);
  if (!fits) throw invalidInput(images.path, `images of ${expected}`, sizeText({ height, width, channels }));
  return { count: checkCount(images.path, count), height, width, channels, headerBytes };
}

const sizeText = ({ height, width, channels }: IdxImageSize): string =>
  `${height} × ${width}${channels === 1 ? '' : ` × ${channels}`}`;

function labelCount(labels: DataFile): number {
  const [count = 0] = readHeader(labels, [LABELS_MAGIC]).extents;
  return checkCount(labels.path, count);
}

function checkCount(path: string, count: number): number {
  if (count === 0 || count > MAX_EXAMPLES) throw invalidInput(path, `1 to ${MAX_EXAMPLES} examples`, String(count));
  return count;
}

/** @param magics those that it may begin with: the last byte of each is the number of dimensions */
function readHeader(
  { path, bytes }: DataFile,
  magics: readonly [number, ...number[]],
): { readonly extents: readonly number[]; readonly headerBytes: number } {
  const [usual] = magics;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const got = bytes.length < 4 ? usual : view.getUint32(0);
  if (!magics.includes(got)) throw invalidInput(path, `the magic number ${magics.join(' or ')}`, String(got));
  const dimensions = got & 0xff;
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes)
    throw invalidInput(path, `a header of ${headerBytes} bytes`, `${bytes.length} bytes in all`);
  return { extents: Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i)), headerBytes };
}

function body({ path, bytes }: DataFile, headerBytes: number, values: number): Uint8Array {
  if (bytes.length !== headerBytes + values)
    throw invalidInput(path, `${headerBytes + values} bytes, as its header says`, String(bytes.length));
  return bytes.subarray(headerBytes);
}
