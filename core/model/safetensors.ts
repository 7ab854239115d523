import { invalidInput, messageOf } from '../errors.js';
import { sizeOf } from '../shape.js';
import { fromBfloat16, fromFloat16 } from './half-precision.js';
import type { HostTensor, HostTensors } from './host-tensors.js';
import { duplicateKey } from './json-keys.js';

/** What a safetensors file holds. */
export interface Safetensors {
  /** The F32 and I32 tensors, and those of F16 and BF16 as float32. */
  readonly tensors: HostTensors;
  /** Names and types of the tensors of every other type; they are not read. */
  readonly otherTypes: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;
/** Far more than the names of a model take, far less than what hurts to parse. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const METADATA = '__metadata__';
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

const aligned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** The values of the types that are read. */
const READERS: Readonly<Record<string, (bytes: Uint8Array) => Float32Array | Int32Array>> = {
  F32: (bytes) => new Float32Array(aligned(bytes)),
  I32: (bytes) => new Int32Array(aligned(bytes)),
  F16: fromFloat16,
  BF16: fromBfloat16,
};

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file: 8 bytes little-endian header length, JSON header, data that the tensors cover without gap or overlap.
 *
 * Every claim is checked against the bytes that are there before anything is allocated for it; the arrays are copies, aligned.
 *
 * @param file names the file in errors
 * @throws invalid-input
 */
export function readSafetensors(bytes: Uint8Array, file = 'safetensors'): Safetensors {
  const headerBytes = headerLength(bytes, file);
  const data = bytes.subarray(LENGTH_BYTES + headerBytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes), file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => readEntry(name, value, data.byteLength, file));
  checkCover(entries, data.byteLength, file);

  const tensors: [string, HostTensor][] = [];
  const otherTypes: [string, string][] = [];
  for (const { name, dtype, shape, begin, end } of entries) {
    const read = READERS[dtype];
    if (read === undefined) otherTypes.push([name, dtype]);
    else tensors.push([name, { shape, data: read(data.subarray(begin, end)) }]);
  }
  return {
    tensors: Object.fromEntries(tensors),
    otherTypes: Object.fromEntries(otherTypes),
    metadata: readMetadata(header[METADATA], file),
  };
}

/** Writes a safetensors file; the header is padded so that the data begins at a multiple of eight. */
export function writeSafetensors(tensors: HostTensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const dtype = data instanceof Float32Array ? 'F32' : 'I32';
    header.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.byteLength / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = Buffer.alloc(LENGTH_BYTES + headerBytes + offset, ' ');
  bytes.writeBigUInt64LE(BigInt(headerBytes));
  json.copy(bytes, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

function headerLength(bytes: Uint8Array, file: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < LENGTH_BYTES) {
    throw invalidInput(file, `at least ${LENGTH_BYTES} bytes`, `${bytes.byteLength}`);
  }
  const claimed = view.getBigUint64(0, true);
  const most = Math.min(bytes.byteLength - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (claimed > BigInt(most)) throw invalidInput(`${file}: header length`, `at most ${most} bytes`, `${claimed}`);
  return Number(claimed);
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw invalidInput(`${file}: header`, 'JSON', messageOf(error));
  }
  if (!isRecord(header)) throw invalidInput(`${file}: header`, 'a JSON object', typeof header);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw invalidInput(`${file}: header`, 'each name once', `${JSON.stringify(twice)} twice`);
  return header;
}

function readEntry(name: string, value: unknown, dataBytes: number, file: string): Entry {
  const field = `${file}: tensor ${JSON.stringify(name)}`;
  if (!isRecord(value)) throw invalidInput(field, 'dtype, shape and data_offsets', JSON.stringify(value));
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw invalidInput(`${field}: dtype`, 'the name of a type', JSON.stringify(dtype));
  if (!isSizes(shape)) throw invalidInput(`${field}: shape`, 'sizes', JSON.stringify(shape));
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw invalidInput(`${field}: data_offsets`, 'begin and end', JSON.stringify(offsets));
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > dataBytes) {
    throw invalidInput(`${field}: data_offsets`, `within the ${dataBytes} bytes of data`, `[${begin}, ${end}]`);
  }
  // Types come with time: of one that is not known it is not known how long its elements are, and it is not read.
  const elementBytes = Object.hasOwn(ELEMENT_BYTES, dtype) ? ELEMENT_BYTES[dtype] : undefined;
  if (elementBytes === undefined) return { name, dtype, shape, begin, end };
  const claimed = elementBytes * sizeOf(shape);
  if (claimed !== end - begin) {
    const expected = `${claimed} bytes for ${dtype} [${shape.join(', ')}]`;
    throw invalidInput(`${field}: data_offsets`, expected, `${end - begin} bytes`);
  }
  return { name, dtype, shape, begin, end };
}

function checkCover(entries: readonly Entry[], dataBytes: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const field = `${file}: tensor ${JSON.stringify(name)}: data_offsets`;
      throw invalidInput(field, `begin at ${covered}, where the tensor before it ends`, `${begin}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) throw invalidInput(`${file}: data`, `${covered} bytes`, `${dataBytes}`);
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw invalidInput(`${file}: ${METADATA}`, 'names and strings', JSON.stringify(value));
  const metadata: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalidInput(`${file}: ${METADATA}.${key}`, 'a string', typeof text);
    metadata.push([key, text]);
  }
  return Object.fromEntries(metadata);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
