import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { invalidInput, messageOf } from '../../core/errors.js';
import type { ImageSize, RgbaPixels } from './image-pixels.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The signature, and the first chunk, which is IHDR: length, type, 13 bytes, checksum. */
const HEADER_BYTES = 33;

export const isPng = (bytes: Buffer): boolean => bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);

/** From the header alone. @throws invalid-input */
export const pngSize = (path: string, bytes: Buffer): ImageSize => parseHeader(path, bytes).size;

/**
 * Red, green, blue and alpha of each pixel, whatever the file has.
 *
 * @param path its name, for messages
 * @param bytes of a size that has been found not to be too large
 * @throws invalid-input if it is not a whole PNG file
 */
export function unpackPng(path: string, bytes: Buffer): RgbaPixels {
  const header = parseHeader(path, bytes);
  checkPixels(path, bytes, unpackedBytes(header));
  try {
    // Rescaling would cut 16 bits to 8.
    return PNG.sync.read(bytes, { skipRescale: header.depth === 16 }).data;
  } catch (error) {
    throw invalidInput(path, 'a whole PNG file', messageOf(error));
  }
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
  if (bytes.length < HEADER_BYTES) throw invalidInput(path, 'a whole PNG file', `${bytes.length} bytes`);
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') throw invalidInput(path, 'a PNG file that begins with IHDR', 'none');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colourType, interlace] = [bytes.readUInt8(24), bytes.readUInt8(25), bytes.readUInt8(28)];
  const samples = SAMPLES[colourType];
  if (samples === undefined) throw invalidInput(path, 'a colour type of PNG', String(colourType));
  const channels = colourType === 0 || colourType === 4 ? 1 : 3;
  return { size: { height, width, channels }, samples, depth, interlaced: interlace !== 0 };
}

/** First column, first row, and steps between columns and rows, of each of the seven passes of an interlaced image (Adam7). */
const PASSES: readonly (readonly [left: number, top: number, across: number, down: number])[] = [
  ...([
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
  ] as const),
  ...([
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const),
];
const ONE_PASS: typeof PASSES = [[0, 0, 1, 1]];

/** How many bytes the pixels are before compression: a row is a byte that names its filter, and its pixels. */
function unpackedBytes({ size: { height, width }, samples, depth, interlaced }: Header): number {
  return (interlaced ? PASSES : ONE_PASS).reduce((sum, [left, top, across, down]) => {
    const [columns, rows] = [Math.ceil((width - left) / across), Math.ceil((height - top) / down)];
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil((columns * samples * depth) / 8)) : sum;
  }, 0);
}

/**
 * Unpacks the pixels once more, only to see whether they are all there and not more: where some are missing, pngjs 7 takes what happens
 * to be in memory for them (its sync-inflate reads Node's numbers of bytes left in the wrong order), and it unpacks an interlaced image
 * without a bound on how much comes out of it.
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
