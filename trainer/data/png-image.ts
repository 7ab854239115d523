import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { invalidInput, messageOf } from '../../core/errors.js';
import { openFile } from './data-file.js';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

const MAX_SIDE = 4096;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The signature, and the first chunk, which is IHDR: length, type, 13 bytes, checksum. */
const HEADER_BYTES = 33;

/** Reads the size of a PNG file from its header alone. @throws invalid-input */
export async function readPngSize(path: string): Promise<ImageSize> {
  const { size } = parseHeader(path, await readAtMost(path, HEADER_BYTES));
  return size;
}

/**
 * Reads a PNG file: grey images as one channel, all others as red, green and blue; 1 to 8 bits a channel, no transparent pixels.
 *
 * @param expected what its size must be; checked before anything is unpacked
 * @returns one byte a value, [height, width, channels]
 * @throws invalid-input naming the file, what was expected and what came
 */
export async function readPng(path: string, expected: ImageSize): Promise<Uint8Array> {
  const bytes = await readAtMost(path, MAX_FILE_BYTES + 1);
  if (bytes.length > MAX_FILE_BYTES) throw invalidInput(path, `at most ${MAX_FILE_BYTES} bytes`, 'more');
  const { size, depth } = parseHeader(path, bytes);
  if (describe(size) !== describe(expected))
    throw invalidInput(path, `${describe(expected)}, as the first image is`, describe(size));
  if (depth > 8) throw invalidInput(path, 'at most 8 bits a channel', String(depth));
  return opaque(path, unpackPng(path, bytes).data, size.channels);
}

/**
 * Red, green, blue and alpha of each pixel, whatever the file has.
 *
 * @param path its name, for messages
 * @throws invalid-input if it is not a whole PNG file, or an interlaced one
 */
export function unpackPng(path: string, bytes: Buffer): PNG {
  const { size, samples, depth, interlaced } = parseHeader(path, bytes);
  // pngjs 7 unpacks an interlaced image without a bound on how much comes out of it.
  if (interlaced) throw invalidInput(path, 'a PNG file that is not interlaced', 'an interlaced one');
  // A row is a byte that names its filter, and its pixels.
  checkPixels(path, bytes, size.height * (1 + Math.ceil((size.width * samples * depth) / 8)));
  try {
    return PNG.sync.read(bytes);
  } catch (error) {
    throw invalidInput(path, 'a whole PNG file', messageOf(error));
  }
}

function describe({ height, width, channels }: ImageSize): string {
  return `${width} × ${height} pixels in ${channels === 1 ? 'grey' : 'colour'}`;
}

/** What IHDR says. */
interface Header {
  readonly size: ImageSize;
  /** Numbers a pixel, alpha among them; one for a palette. */
  readonly samples: number;
  /** Bits a sample. */
  readonly depth: number;
  readonly interlaced: boolean;
}

/** Samples a pixel, by colour type: grey, (none), colour, palette, grey with alpha, (none), colour with alpha. */
const SAMPLES: readonly (number | undefined)[] = [1, undefined, 3, 1, 2, undefined, 4];

function parseHeader(path: string, bytes: Buffer): Header {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(SIGNATURE))
    throw invalidInput(path, 'a PNG file', bytes.length < HEADER_BYTES ? `${bytes.length} bytes` : 'another format');
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') throw invalidInput(path, 'a PNG file that begins with IHDR', 'none');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    throw invalidInput(path, `1 to ${MAX_SIDE} pixels a side`, `${width} × ${height}`);
  const [depth, colourType, interlace] = [bytes.readUInt8(24), bytes.readUInt8(25), bytes.readUInt8(28)];
  const samples = SAMPLES[colourType];
  if (samples === undefined) throw invalidInput(path, 'a colour type of PNG', String(colourType));
  const channels = colourType === 0 || colourType === 4 ? 1 : 3;
  return { size: { height, width, channels }, samples, depth, interlaced: interlace !== 0 };
}

/**
 * Unpacks the pixels once more, only to see whether they are all there: where some are missing, pngjs 7 takes what happens to be in
 * memory for them (its sync-inflate reads Node's numbers of bytes left in the wrong order).
 *
 * @throws invalid-input
 */
function checkPixels(path: string, bytes: Buffer, sizeBytes: number): void {
  const parts: Buffer[] = [];
  for (let at = 8; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  let unpacked;
  try {
    unpacked = inflateSync(Buffer.concat(parts), { maxOutputLength: sizeBytes });
  } catch (error) {
    throw invalidInput(path, `a whole PNG file of ${sizeBytes} bytes unpacked`, messageOf(error));
  }
  if (unpacked.length !== sizeBytes)
    throw invalidInput(path, `a whole PNG file of ${sizeBytes} bytes unpacked`, String(unpacked.length));
}

async function readAtMost(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openFile(path);
  if (file === undefined) throw invalidInput(path, 'a PNG file', 'none');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(maxBytes, size));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function opaque(path: string, rgba: Buffer, channels: number): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * channels);
  for (let i = 0; i < rgba.length / 4; i++) {
    if (rgba[4 * i + 3] !== 255) throw invalidInput(path, 'an image without transparency', 'transparent pixels');
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = rgba[4 * i + c] ?? 0;
  }
  return pixels;
}
