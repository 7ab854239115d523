import { basename } from 'node:path';
import { Status } from 'nice-grpc';
import { TEMPORARY_PREFIX } from '../core/durable/durable-files.js';

const REASONS: Readonly<Record<string, readonly [Status, string]>> = {
  ENOSPC: [Status.RESOURCE_EXHAUSTED, 'no space is left on the disk of the service'],
  EDQUOT: [Status.RESOURCE_EXHAUSTED, 'the disk quota of the service is used up'],
  EMFILE: [Status.RESOURCE_EXHAUSTED, 'the service has too many files open'],
  ENFILE: [Status.RESOURCE_EXHAUSTED, 'the machine of the service has too many files open'],
  EACCES: [Status.FAILED_PRECONDITION, 'the service is not permitted to'],
  EPERM: [Status.FAILED_PRECONDITION, 'the service is not permitted to'],
  EROFS: [Status.FAILED_PRECONDITION, 'the file system of the service is read-only'],
};

/**
 * What a client learns of an error of the service's file system: the operation, the file by its own name, and the reason, but no path of the service.
 *
 * @returns undefined where it is none, or one that nobody foresaw
 */
export function fileSystemError(error: unknown): { readonly code: Status; readonly details: string } | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const [status, reason] = REASONS[code ?? ''] ?? [];
  if (status === undefined || reason === undefined) return undefined;
  const name = path === undefined ? '' : basename(path);
  const file = name === '' || name.startsWith(TEMPORARY_PREFIX) ? 'a file' : name;
  return { code: status, details: `${syscall ?? 'access'} of ${file}: ${reason} (${code ?? ''})` };
}
