import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DomainError, invalidInput, messageOf } from '../../core/errors.js';

/** A file of a data set, unpacked. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads `name` or `name.gz` in a directory, unpacking the latter.
 *
 * @param maxBytes the most that the unpacked file may hold: a file, or an archive that unpacks to more, is refused before it fills the memory
 * @throws not-found naming both files; invalid-input
 */
export async function readDataFile(directory: string, name: string, maxBytes: number): Promise<DataFile> {
  const plain = join(directory, name);
  const bytes = await readUpTo(plain, maxBytes);
  if (bytes !== undefined) return { path: plain, bytes };
  const packed = `${plain}.gz`;
  // What is packed is at most this much longer than what is in it.
  const archive = await readUpTo(packed, maxBytes + 1024 * 1024);
  if (archive === undefined)
    throw new DomainError('not-found', `${directory}: expected ${name} or ${name}.gz, got neither`);
  return { path: packed, bytes: unpack(packed, archive, maxBytes) };
}

/** The whole file. @returns undefined if there is none @throws invalid-input if it is longer, or no file */
export async function readUpTo(path: string, maxBytes: number): Promise<Buffer | undefined> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw invalidInput(path, 'a file that can be read', messageOf(error));
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) throw invalidInput(path, 'a file', 'something else');
    if (status.size > maxBytes) throw invalidInput(path, `at most ${maxBytes} bytes`, String(status.size));
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function unpack(path: string, archive: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(archive, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw invalidInput(path, `at most ${maxBytes} bytes unpacked`, 'more');
    throw invalidInput(path, 'a whole gzip file', messageOf(error));
  }
}
