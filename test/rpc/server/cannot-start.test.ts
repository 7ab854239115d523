import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { remembered } from '../../support/started-processes.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const ENTRY = fileURLToPath(new URL('../../../server/main.js', import.meta.url));

describe('A server that cannot start', () => {
  const directory = temporaryDirectory();

  /** Runs it until it ends. @returns what it said last, and its exit code */
  const ending = async (...flags: string[]): Promise<{ readonly msg: string; readonly code: unknown }> => {
    const child = remembered(spawn(process.execPath, [ENTRY, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] }));
    const exited = once(child, 'exit') as Promise<[number | null]>;
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    assert.doesNotMatch(`${output}${errors}`, /\n {4}at /);
    const { msg } = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as { msg: string };
    return { msg, code };
  };

  it('says in a sentence which port is busy, for gRPC and for HTTP, and ends with 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const busy = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    try {
      for (const [what, address, httpAddress] of [
        ['gRPC', busy, '127.0.0.1:0'],
        ['HTTP', '127.0.0.1:0', busy],
      ] as const) {
        const flags = ['--registry', directory(), '--address', address, '--http-address', httpAddress];
        const { msg, code } = await ending(...flags);
        assert.equal(msg, `cannot listen on ${busy} for ${what}: another process listens there (EADDRINUSE)`);
        assert.equal(code, 1);
      }
    } finally {
      taken.close();
    }
  });

  it('says that its registry is not there, and makes none', async () => {
    const absent = join(directory(), 'absent');
    const { msg, code } = await ending('--registry', absent);
    assert.deepEqual([msg, code], [`registry: expected a directory, got ${absent}, which is not there`, 1]);
  });
});
