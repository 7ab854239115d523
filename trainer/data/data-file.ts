import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isErrno } from '../../core/durable/errno.js';
import { DomainError, invalidInput, messageOf } from '../../core/errors.js';

/** A file of a data set, unpacked. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** How much of a file is read: what its header allows, and not a byte more. */
export interface ReadLimit {
  /** How much of the beginning {@link maxBytes} needs to see. */
  readonly headerBytes: number;
  /** The most that the file may hold, unpacked, header included. @throws invalid-input if the header (or what there is of it) is wrong */
  maxBytes(header: DataFile): number;
}

/** Larger than the default of 16 KiB: half the time for a large file. */
const UNPACK_CHUNK_BYTES = 256 * 1024;

/**
 * Reads `name` or `name.gz` in a directory, unpacking the latter. Memory is taken as bytes come, not on the word of a header, and reading
 * stops where there is more than the header allows, so that neither a false count nor an archive that never ends fills the memory.
 *
 * @throws not-found naming both files; invalid-input
 */
export async function readDataFile(directory: string, name: string, limit: ReadLimit): Promise<DataFile> {
  for (const path of [join(directory, name), join(directory, `${name}.gz`)]) {
    const file = await openFile(path);
    if (file === undefined) continue;
    try {
      return { path, bytes: await read(path, file, limit) };
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw invalidInput(path, path.endsWith('.gz') ? 'a whole gzip file' : 'a readable file', messageOf(error));
    } finally {
      await file.close();
    }
  }
  throw new DomainError('not-found', `${directory}: expected ${name} or ${name}.gz, got neither`);
}

/** @returns undefined if there is none @throws invalid-input if it is no file, or cannot be opened */
export async function openFile(path: string): Promise<FileHandle | undefined> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw invalidInput(path, 'a readable file', messageOf(error));
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw invalidInput(path, 'a file', 'something else');
}

async function read(path: string, file: FileHandle, limit: ReadLimit): Promise<Uint8Array> {
  const source = file.createReadStream({ autoClose: false });
  // A pipeline that its last part ends by throwing may report that it was aborted instead of what was thrown.
  let refusal: unknown;
  const collect = (chunks: AsyncIterable<Buffer>): Promise<Uint8Array> =>
    collectUpTo(path, chunks, limit).catch((error: unknown) => {
      refusal = error;
      throw error;
    });
  try {
    if (!path.endsWith('.gz')) return await pipeline(source, collect);
    return await pipeline(source, createGunzip({ chunkSize: UNPACK_CHUNK_BYTES }), collect);
  } catch (error) {
    throw refusal ?? error;
  }
}

async function collectUpTo(path: string, source: AsyncIterable<Buffer>, limit: ReadLimit): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  let maxBytes: number | undefined;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    if (maxBytes === undefined && length >= limit.headerBytes)
      maxBytes = limit.maxBytes({ path, bytes: Buffer.concat(chunks) });
    if (maxBytes !== undefined && length > maxBytes) throw invalidInput(path, `at most ${maxBytes} bytes`, 'more');
  }
  if (maxBytes === undefined) limit.maxBytes({ path, bytes: Buffer.concat(chunks) });
  return concat(chunks);
}

/** Their bytes in memory of their own: a small Buffer would share it with others. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
