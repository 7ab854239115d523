import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { invalidInput, messageOf } from '../../core/errors.js';
import type { ImageSize, RgbaPixels } from './image-pixels.js';

export const isJpeg = (bytes: Buffer): boolean => bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff;

/** As it is shown: height and width exchanged where EXIF says that it lies on its side. @throws invalid-input; CMYK is refused */
export function jpegSize(path: string, bytes: Buffer): ImageSize {
  let onItsSide = false;
  for (const { marker, body } of segments(bytes)) {
    if (marker === 0xe1) onItsSide ||= orientation(body) > 4;
    if (!isFrame(marker) || body.length < 6) continue;
    const [height, width, components] = [body.readUInt16BE(1), body.readUInt16BE(3), body.readUInt8(5)];
    if (components !== 1 && components !== 3) {
      const got = components === 4 ? 'CMYK; convert it to RGB first' : `${components} components`;
      throw invalidInput(path, 'a JPEG file in grey or colour', got);
    }
    return { height: onItsSide ? width : height, width: onItsSide ? height : width, channels: components };
  }
  throw invalidInput(path, 'a whole JPEG file', 'its end before any pixels');
}

/**
 * Red, green, blue and alpha of each pixel (all opaque), turned as EXIF says; baseline and progressive.
 *
 * @param path its name, for messages
 * @param bytes of a size that has been found not to be too large
 * @throws invalid-input if it is not a whole JPEG file
 */
export async function unpackJpeg(path: string, bytes: Buffer): Promise<RgbaPixels> {
  const { decode, complaints } = await (decoder ??= openDecoder());
  complaints.length = 0;
  try {
    const { data } = decode(bytes, true);
    const [complaint] = complaints.filter((each) => !HARMLESS.test(each));
    if (complaint === undefined) return data;
  } catch (error) {
    // libjpeg ends its program after an error: the next image gets a new one.
    decoder = undefined;
    if (complaints.length === 0) complaints.push(messageOf(error));
  }
  throw invalidInput(path, 'a whole JPEG file', complaints.join('; '));
}

/** Bytes between segments that do not belong there: cameras leave them, and no pixel is lost. */
const HARMLESS = /extraneous bytes before marker/;

interface Decoder {
  readonly decode: (bytes: Uint8Array, preserveOrientation: boolean) => { readonly data: Uint8ClampedArray };
  /** libjpeg's warnings and errors. After a warning it makes pixels up: a file that is cut ends in grey. */
  readonly complaints: string[];
}

let decoder: Promise<Decoder> | undefined;

/** libjpeg (MozJPEG) in WebAssembly. */
async function openDecoder(): Promise<Decoder> {
  const complaints: string[] = [];
  const wasmBinary = await readFile(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
  const { default: open } = (await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js')) as unknown as {
    readonly default: (options: object) => Promise<Pick<Decoder, 'decode'>>;
  };
  const module = await open({ noInitialRun: true, wasmBinary, printErr: (text: string) => complaints.push(text) });
  return { decode: (bytes, preserveOrientation) => module.decode(bytes, preserveOrientation), complaints };
}

/** The segments before the pixels: all that a header is. */
function* segments(bytes: Buffer): Generator<{ readonly marker: number; readonly body: Buffer }> {
  const START_OF_SCAN = 0xda;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = bytes.readUInt8(at + 1);
    // Any number of bytes of ones may come before a marker.
    if (bytes.readUInt8(at) !== 0xff || marker === 0xff) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN) return;
    const length = bytes.readUInt16BE(at + 2);
    yield { marker, body: bytes.subarray(at + 4, at + 2 + length) };
    at += 2 + length;
  }
}

/** SOF0 to SOF15 but DHT, JPG and DAC, which lie among them. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** 1 to 8, as EXIF counts them: from 5 on rows are columns; 1 where it says nothing. */
function orientation(body: Buffer): number {
  const ORIENTATION = 0x0112;
  if (body.toString('latin1', 0, 6) !== 'Exif\0\0' || body.length < 14) return 1;
  const tiff = body.subarray(6);
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number): number =>
    at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  for (let i = 0; i < short(directory); i++) {
    const entry = directory + 2 + 12 * i;
    if (short(entry) === ORIENTATION) return short(entry + 8);
  }
  return 1;
}
