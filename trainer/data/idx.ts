import { invalidInput } from '../../core/errors.js';
import type { DataFile, ReadLimit } from './data-file.js';
import type { Examples, Split } from './dataset.js';

/*
 * The format of MNIST: a big-endian magic number (unsigned bytes in three dimensions, or in one), the extent of each dimension as a
 * big-endian 32-bit number, then the values.
 */
const IMAGES_MAGIC = 2051;
const LABELS_MAGIC = 2049;
const IMAGES_HEADER_BYTES = 16;
const LABELS_HEADER_BYTES = 8;

/** What the files of a split are called in this family. */
export const IDX_FILES: Readonly<Record<Split, { readonly images: string; readonly labels: string }>> = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
};

/** Far more than any set of this family holds. */
const MAX_EXAMPLES = 1_000_000;

/** More than that is no set of small grey images. */
const MAX_SIDE = 1024;

/** The size of an image. */
export interface IdxImageSize {
  readonly height: number;
  readonly width: number;
}

/** How much of a file of images to read. @param size the one that images must have; undefined: any up to 1,024 × 1,024 */
export function imagesLimit(size?: IdxImageSize): ReadLimit {
  return {
    headerBytes: IMAGES_HEADER_BYTES,
    maxBytes: (header) => {
      const { count, height, width } = imageHeader(header, size);
      return IMAGES_HEADER_BYTES + count * height * width;
    },
  };
}

/** The size of the images in a file. @throws invalid-input */
export function imageSizeOf(images: DataFile): IdxImageSize {
  const { height, width } = imageHeader(images, undefined);
  return { height, width };
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
 * The examples in a pair of IDX files: grey images and their labels.
 *
 * @param size the one that images must have
 * @param classes labels are 0 … classes − 1
 * @throws invalid-input naming the file, what was expected and what came
 */
export function parseIdx(images: DataFile, labels: DataFile, size: IdxImageSize, classes: number): Examples {
  const { count } = imageHeader(images, size);
  const pixels = body(images, IMAGES_HEADER_BYTES, count * size.height * size.width);
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

function imageHeader(images: DataFile, size: IdxImageSize | undefined): IdxImageSize & { readonly count: number } {
  const [count = 0, height = 0, width = 0] = readHeader(images, IMAGES_MAGIC, 3);
  const fits =
    size === undefined
      ? Math.min(height, width) >= 1 && Math.max(height, width) <= MAX_SIDE
      : height === size.height && width === size.width;
  const expected = size === undefined ? `1 × 1 to ${MAX_SIDE} × ${MAX_SIDE}` : `${size.height} × ${size.width}`;
  if (!fits) throw invalidInput(images.path, `images of ${expected}`, `${height} × ${width}`);
  return { count: checkCount(images.path, count), height, width };
}

function labelCount(labels: DataFile): number {
  const [count = 0] = readHeader(labels, LABELS_MAGIC, 1);
  return checkCount(labels.path, count);
}

function checkCount(path: string, count: number): number {
  if (count === 0 || count > MAX_EXAMPLES) throw invalidInput(path, `1 to ${MAX_EXAMPLES} examples`, String(count));
  return count;
}

function readHeader({ path, bytes }: DataFile, magic: number, dimensions: number): number[] {
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes)
    throw invalidInput(path, `a header of ${headerBytes} bytes`, `${bytes.length} bytes in all`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const got = view.getUint32(0);
  if (got !== magic) throw invalidInput(path, `the magic number ${magic}`, String(got));
  return Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
}

function body({ path, bytes }: DataFile, headerBytes: number, values: number): Uint8Array {
  if (bytes.length !== headerBytes + values)
    throw invalidInput(path, `${headerBytes + values} bytes, as its header says`, String(bytes.length));
  return bytes.subarray(headerBytes);
}
