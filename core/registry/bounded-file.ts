import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isErrno } from '../durable/errno.js';
import { DomainError } from '../errors.js';

/**
 * Reads a whole regular file that is not larger than it may be.
 *
 * Neither follows a link nor waits for a pipe: what lies in the registry may have been put there by anybody who can write to it.
 *
 * @param exactBytes the length that it must have, if that is known
 * @returns undefined if there is no file of that name
 * @throws data-loss
 */
export async function readBoundedFile(
  path: string,
  maxBytes: number,
  exactBytes?: number,
): Promise<Buffer | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isErrno(error, 'ELOOP', 'ENXIO')) throw dataLoss(path, 'a regular file', 'a link or a socket');
    throw error;
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) throw dataLoss(path, 'a regular file', 'something else');
    if (exactBytes !== undefined && status.size !== exactBytes) {
      throw dataLoss(path, `${exactBytes} bytes`, `${status.size}`);
    }
    if (status.size > maxBytes) throw dataLoss(path, `at most ${maxBytes} bytes`, `${status.size}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The error of stored bytes that are not what they should be. */
export function dataLoss(path: string, expected: string, got: string): DomainError {
  return new DomainError('data-loss', `${path}: expected ${expected}, got ${got}`);
}
