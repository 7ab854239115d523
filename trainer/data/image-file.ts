import { invalidInput } from '../../core/errors.js';
import { openFile } from './data-file.js';
import type { ImageSize } from './image-pixels.js';
import { isJpeg, jpegSize, unpackJpeg } from './jpeg-image.js';
import { isPng, pngSize, unpackPng } from './png-image.js';

/** Names of files that are taken for images; what is in them decides how they are read. */
export const IMAGE_FILE_NAME = /\.(png|jpe?g)$/i;

const MAX_SIDE = 4096;
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** The bytes of an image file. @throws invalid-input if it is not there, cannot be read or is too large for an image */
export async function readImageBytes(path: string): Promise<Buffer> {
  const file = await openFile(path);
  if (file === undefined) throw invalidInput(path, 'a PNG or JPEG file', 'none');
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw invalidInput(path, `at most ${MAX_FILE_BYTES} bytes`, String(size));
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The size of a PNG or JPEG image, from its header alone; a JPEG's as it is shown, turned by its EXIF orientation. @throws invalid-input */
export function imageSize(path: string, bytes: Buffer): ImageSize {
  const size = headerSize(path, bytes);
  const { height, width } = size;
  if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE)
    throw invalidInput(path, `1 to ${MAX_SIDE} pixels a side`, `${width} × ${height}`);
  return size;
}

function headerSize(path: string, bytes: Buffer): ImageSize {
  if (isPng(bytes)) return pngSize(path, bytes);
  if (isJpeg(bytes)) return jpegSize(path, bytes);
  throw invalidInput(path, 'a PNG or JPEG file', bytes.length < 8 ? `${bytes.length} bytes` : 'another format');
}

/**
 * The values of a PNG or JPEG image, by one rule wherever images come in:
 *
 * - what is asked for is one channel (grey) or three (red, green, blue); a grey image is repeated in three channels, and an image in colour
 *   is taken for grey only if red, green and blue are equal in every pixel;
 * - an alpha channel is dropped if all of it is opaque; an image with any transparent pixel is refused;
 * - samples of fewer than 8 bits are spread over 0 to 255, those of 16 bits keep their precision;
 * - a JPEG is turned as its EXIF orientation says.
 *
 * @param path its name, for messages
 * @param expected what it must be; its height and width are checked before anything is unpacked
 * @param reason who expects that, for messages: 'the model takes'
 * @returns [height, width, channels]: of 0 to 255, or a Uint16Array of 0 to 65,535
 * @throws invalid-input naming the file, what was expected and what came
 */
export async function readImage(
  path: string,
  bytes: Buffer,
  expected: ImageSize,
  reason: string,
): Promise<Uint8Array | Uint16Array> {
  const { height, width } = imageSize(path, bytes);
  if (height !== expected.height || width !== expected.width) {
    const wanted = `${expected.width} × ${expected.height} pixels, as ${reason}`;
    throw invalidInput(path, wanted, `${width} × ${height}`);
  }
  const rgba = isPng(bytes) ? unpackPng(path, bytes) : await unpackJpeg(path, bytes);
  const { channels } = expected;
  const values = new (rgba instanceof Uint16Array ? Uint16Array : Uint8Array)(height * width * channels);
  const opaque = rgba instanceof Uint16Array ? 65_535 : 255;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const at = 4 * pixel;
    if (rgba[at + 3] !== opaque) {
      const got = `a transparent pixel at ${place(pixel, width)}; flatten it onto a background first`;
      throw invalidInput(path, 'an image without transparency', got);
    }
    if (channels === 1 && !(rgba[at] === rgba[at + 1] && rgba[at] === rgba[at + 2])) {
      const got = `a coloured pixel at ${place(pixel, width)}; turn it to grey first`;
      throw invalidInput(path, `a grey image, as ${reason}`, got);
    }
    for (let c = 0; c < channels; c++) values[channels * pixel + c] = rgba[at + c] ?? 0;
  }
  return values;
}

const place = (pixel: number, width: number): string => `x = ${pixel % width}, y = ${Math.floor(pixel / width)}`;
