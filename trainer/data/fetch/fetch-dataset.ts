import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { makeDirectory, replaceFile } from '../../../core/durable/durable-files.js';
import { DomainError, invalidInput, messageOf } from '../../../core/errors.js';
import { openFile } from '../data-file.js';
import { SOURCES, type Fetchable, type FetchedFile, type Source } from './sources.js';
import { tarEntries } from './tar.js';

export interface FetchOptions {
  /** Instead of the data set's mirrors; ends in a slash. */
  readonly from?: string | undefined;
  /** After every piece: bytes come so far, and all that is expected, as far as it is known. */
  readonly onProgress?: (file: string, receivedBytes: number, totalBytes: number | undefined) => void;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a data set into a directory, each file checked against its checksum before it gets its name. What is there already, and is
 * right, is not downloaded again; a download that was killed leaves nothing half, and one that failed not even the directory.
 *
 * @returns the names of the files that were downloaded
 * @throws unavailable naming every mirror and what was wrong with it, and where which files are expected
 */
export function fetchDataset(name: Fetchable, directory: string, options: FetchOptions = {}): Promise<string[]> {
  return fetchSource(name, SOURCES[name], directory, options);
}

/** {@link fetchDataset}, from a source of any kind. @param name of the data set, for messages */
export async function fetchSource(
  name: string,
  source: Source,
  directory: string,
  options: FetchOptions = {},
): Promise<string[]> {
  const missing: FetchedFile[] = [];
  for (const file of source.files) if (!(await isThere(directory, file))) missing.push(file);
  if (missing.length === 0) return [];
  const failures: string[] = [];
  for (const mirror of options.from === undefined ? source.mirrors : [withSlash(options.from)]) {
    try {
      await (source.archive === undefined
        ? fetchFiles(mirror, missing, directory, options)
        : fetchArchive(mirror, source.archive, missing, directory, options));
      return missing.map((file) => file.name);
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`${mirror}: ${explain(error)}`);
    }
  }
  const files = missing.map((file) => file.name).join(', ');
  const instead = `Without a network, put ${source.archive === undefined ? '' : `from ${source.archive} `}these into ${directory}: ${files}`;
  throw new DomainError('unavailable', `${name} could not be downloaded:\n  ${failures.join('\n  ')}\n${instead}`);
}

async function fetchFiles(
  mirror: string,
  files: readonly FetchedFile[],
  directory: string,
  options: FetchOptions,
): Promise<void> {
  for (const file of files) {
    // Of an earlier mirror, perhaps.
    if (await isThere(directory, file)) continue;
    const pieces: Uint8Array[] = [];
    let received = 0;
    for await (const piece of download(mirror + file.name, file.name, options)) {
      received += piece.length;
      if (received > file.sizeBytes) throw invalidInput(file.name, `${file.sizeBytes} bytes`, 'more');
      pieces.push(piece);
    }
    await keep(directory, file, Buffer.concat(pieces));
  }
}

async function fetchArchive(
  mirror: string,
  archive: Exclude<Source['archive'], undefined>,
  files: readonly FetchedFile[],
  directory: string,
  options: FetchOptions,
): Promise<void> {
  const left = new Map(files.map((file) => [file.name, file]));
  await pipeline(
    Readable.from(download(mirror + archive, archive, options)),
    createGunzip(),
    async (unpacked: AsyncIterable<Uint8Array>) => {
      for await (const { name, bytes } of tarEntries(unpacked, (each) => left.get(each)?.sizeBytes, archive)) {
        const file = left.get(name);
        if (file === undefined) continue;
        await keep(directory, file, bytes);
        left.delete(name);
      }
    },
  );
  if (left.size > 0) throw invalidInput(archive, `${[...left.keys()].join(', ')} in it`, 'none of that name');
}

/** The body of a download, in pieces. */
async function* download(url: string, name: string, { onProgress, signal }: FetchOptions): AsyncGenerator<Uint8Array> {
  // Files are checked as they are stored: a server must not pack them once more, nor fetch unpack them.
  const response = await fetch(url, { signal: signal ?? null, headers: { 'accept-encoding': 'identity' } });
  if (!response.ok || response.body === null)
    throw new DomainError('unavailable', `${name}: expected HTTP status 200, got ${response.status}`);
  const length = Number(response.headers.get('content-length') ?? NaN);
  let received = 0;
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    received += piece.length;
    onProgress?.(name, received, Number.isFinite(length) ? length : undefined);
    yield piece;
  }
}

async function keep(directory: string, file: FetchedFile, bytes: Uint8Array): Promise<void> {
  if (bytes.length !== file.sizeBytes) throw invalidInput(file.name, `${file.sizeBytes} bytes`, String(bytes.length));
  const { algorithm, hex } = file.checksum;
  const got = createHash(algorithm).update(bytes).digest('hex');
  if (got !== hex) throw invalidInput(file.name, `${algorithm === 'md5' ? 'MD5' : 'SHA-256'} ${hex}`, got);
  await makeDirectory(directory);
  await replaceFile(join(directory, file.name), bytes);
}

async function isThere(directory: string, expected: FetchedFile): Promise<boolean> {
  const file = await openFile(join(directory, expected.name));
  if (file === undefined) return false;
  try {
    if ((await file.stat()).size !== expected.sizeBytes) return false;
    const hash = createHash(expected.checksum.algorithm);
    for await (const piece of file.createReadStream({ autoClose: false })) hash.update(piece as Uint8Array);
    return hash.digest('hex') === expected.checksum.hex;
  } finally {
    await file.close();
  }
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

/** Node hides why a connection failed in the cause. */
function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return messageOf(error) + cause;
}
