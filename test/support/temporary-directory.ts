import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of its own for each test of a suite; call it inside `describe`. */
export function temporaryDirectory(): () => string {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'maxmargin-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return () => path;
}
