import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Status } from 'nice-grpc';
import { wireErrorOf } from '../../../host/error-table.js';
import { writeSynced } from '../../../core/durable/durable-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const thrownBy = async (act: () => Promise<unknown>): Promise<unknown> => {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'expected an error' });
};

describe('errors of the file system', () => {
  const directory = temporaryDirectory();

  it('tell a client operation, file and reason, and no path', async () => {
    const full = await thrownBy(() => writeFile('/dev/full', 'x'));
    assert.deepEqual(wireErrorOf(full), {
      code: Status.RESOURCE_EXHAUSTED,
      details: 'write of a file: no space is left on the disk of the service (ENOSPC)',
    });
    const cases = [
      ['EACCES', Status.FAILED_PRECONDITION],
      ['EROFS', Status.FAILED_PRECONDITION],
      ['EMFILE', Status.RESOURCE_EXHAUSTED],
    ] as const;
    for (const [code, status] of cases) {
      const path = join(directory(), 'digits', 'weights.bin');
      const wire = wireErrorOf(Object.assign(new Error(code), { code, syscall: 'open', path }));
      assert.equal(wire.code, status);
      assert.match(wire.details, /^open of weights\.bin: /);
      assert.ok(!wire.details.includes(directory()));
    }
  });

  it('that nobody foresaw tell nothing', async () => {
    const path = join(directory(), 'a');
    await mkdir(path);
    const error = await thrownBy(() => open(path, 'w'));
    assert.equal(wireErrorOf(error).code, Status.UNKNOWN);
    assert.ok(!wireErrorOf(error).details.includes(path));
  });

  it('name the file where the system does not: on a full disk', async function () {
    const mounted = join(directory(), 'full');
    await mkdir(mounted);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', mounted], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    try {
      const error = await thrownBy(() => writeSynced(join(mounted, 'weights.bin'), Buffer.alloc(100_000)));
      assert.match((error as Error).message, /ENOSPC.*full\/weights\.bin/);
      assert.match(wireErrorOf(error).details, /^write of weights\.bin: no space is left/);
    } finally {
      execFileSync('umount', [mounted]);
    }
  });
});
