import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { DomainError, messageOf } from '../../errors.js';
import type { Installation } from './programs.js';

/**
 * Unpacks some files of a wheel (a zip archive), as streams, so that libraries of gigabytes need no memory, and checks each one's CRC-32.
 *
 * @param place where a file of the archive goes, relative to the directory; undefined: it is left out
 * @returns the paths of the files that were written, relative to the directory
 * @throws DomainError `failed-precondition` if the file is no whole wheel
 */
export async function unpackWheel(
  wheel: string,
  directory: string,
  place: (name: string) => string | undefined,
  { signal }: Pick<Installation, 'signal'> = {},
): Promise<string[]> {
  const written: string[] = [];
  await eachEntry(wheel, async (archive, entry) => {
    const placed = entry.fileName.endsWith('/') ? undefined : place(entry.fileName);
    if (placed === undefined) return;
    const path = join(directory, placed);
    if (relative(directory, path).startsWith('..')) throw new Error(`${entry.fileName} leads out of the archive`);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(
      await contents(archive, entry),
      checked(entry),
      createWriteStream(path, { mode: permissions(entry) }),
      { signal },
    );
    written.push(placed);
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw new DomainError('cancelled', `unpacking ${wheel} was stopped`);
    throw error;
  });
  return written;
}

/** The text of the first file of a wheel whose name matches. @returns undefined if none does @throws as {@link unpackWheel} */
export async function readFromWheel(wheel: string, pattern: RegExp): Promise<string | undefined> {
  let text: string | undefined;
  await eachEntry(wheel, async (archive, entry) => {
    if (text !== undefined || !pattern.test(entry.fileName)) return;
    const bytes = await pipeline(await contents(archive, entry), checked(entry), buffer);
    text = bytes.toString('utf8');
  });
  return text;
}

const open = promisify<string, yauzl.Options, ZipFile>(yauzl.open.bind(yauzl));

async function eachEntry(wheel: string, visit: (archive: ZipFile, entry: Entry) => Promise<void>): Promise<void> {
  try {
    // Entries one after the other; yauzl refuses absolute names and those with "..".
    const archive = await open(wheel, { lazyEntries: true, autoClose: false });
    try {
      await new Promise<void>((resolve, reject) => {
        archive.on('error', reject);
        archive.on('end', resolve);
        archive.on('entry', (entry: Entry) => {
          visit(archive, entry).then(() => {
            archive.readEntry();
          }, reject);
        });
        archive.readEntry();
      });
    } finally {
      archive.close();
    }
  } catch (error) {
    throw new DomainError(
      'failed-precondition',
      `${wheel}: expected a whole wheel, got a file that does not unpack (${messageOf(error)})`,
      {
        cause: error,
      },
    );
  }
}

function contents(archive: ZipFile, entry: Entry): Promise<Readable> {
  return promisify<Entry, Readable>(archive.openReadStream.bind(archive))(entry);
}

/** Programs among the files stay programs; archives made on Unix hold the mode in the upper half. */
function permissions(entry: Entry): number {
  return 0o644 | ((entry.externalFileAttributes >>> 16) & 0o111);
}

/** Passes bytes on, and fails at their end if they are not those that were packed. */
function checked(entry: Entry): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      done(sum === entry.crc32 ? null : new Error(`the checksum of ${entry.fileName} fails`));
    },
  });
}
