import { invalidInput } from '../../../core/errors.js';

const BLOCK = 512;
const REGULAR_FILE = ['0', '\0'];

/** A file inside an archive. */
export interface TarEntry {
  /** The last part of its path. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The wanted files of a tar archive that comes in pieces; the others are passed over without being kept.
 *
 * @param wanted the bytes that a file of this name must have; undefined: pass over
 * @param source what to call the archive in an error
 * @throws invalid-input
 */
export async function* tarEntries(
  pieces: AsyncIterable<Uint8Array>,
  wanted: (name: string) => number | undefined,
  source: string,
): AsyncGenerator<TarEntry> {
  const reader = blockReader(pieces);
  for (;;) {
    const header = await reader.take(BLOCK);
    // An archive ends with blocks of zeros.
    if (header === undefined || header[0] === 0) return;
    const text = Buffer.from(header);
    const path = text.toString('latin1', 0, 100).replace(/\0.*$/s, '');
    const octal = text.toString('latin1', 124, 136).replace(/\0.*$/s, '').trim();
    if (!/^[0-7]+$/.test(octal)) throw invalidInput(source, 'a tar archive', 'an entry without a size');
    const sizeBytes = Number.parseInt(octal, 8);
    const name = path.split('/').at(-1) ?? '';
    const expected = REGULAR_FILE.includes(text.toString('latin1', 156, 157)) ? wanted(name) : undefined;
    const padded = Math.ceil(sizeBytes / BLOCK) * BLOCK;
    if (expected === undefined) {
      if (!(await reader.skip(padded))) throw invalidInput(source, 'a whole archive', `its end within ${path}`);
      continue;
    }
    if (sizeBytes !== expected) throw invalidInput(`${source}: ${name}`, `${expected} bytes`, String(sizeBytes));
    const bytes = await reader.take(padded);
    if (bytes === undefined) throw invalidInput(source, 'a whole archive', `its end within ${path}`);
    yield { name, bytes: bytes.subarray(0, sizeBytes) };
  }
}

function blockReader(pieces: AsyncIterable<Uint8Array>) {
  const iterator = pieces[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  const next = async (): Promise<boolean> => {
    const piece = await iterator.next();
    if (piece.done === true) return false;
    rest = piece.value;
    return true;
  };
  /** Hands out the next `count` bytes, piece by piece. @returns false if the archive ends before */
  const consume = async (count: number, use: (part: Uint8Array) => void): Promise<boolean> => {
    let left = count;
    while (left > 0) {
      if (rest.length === 0 && !(await next())) return false;
      const part = rest.subarray(0, left);
      use(part);
      rest = rest.subarray(part.length);
      left -= part.length;
    }
    return true;
  };
  return {
    take: async (count: number): Promise<Uint8Array | undefined> => {
      const bytes = new Uint8Array(count);
      let filled = 0;
      const whole = await consume(count, (part) => {
        bytes.set(part, filled);
        filled += part.length;
      });
      return whole ? bytes : undefined;
    },
    skip: (count: number) => consume(count, () => undefined),
  };
}
