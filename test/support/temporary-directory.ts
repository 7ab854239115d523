import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of its own for each test of a suite; call it inside `describe`. */
export function temporaryDirectory(): () => string {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'maxmargin-'));
  });
  // What a test has started and not waited for may write once more: rm then finds a directory that is no longer empty.
  afterEach(() => rm(path, { recursive: true, force: true, maxRetries: 10 }));
  return () => path;
}
