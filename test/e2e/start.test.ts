import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { runCommand, startCommand } from './command-line.js';
import type { RunningCommand } from './command-line.js';

/** Seconds instead of minutes; what is learnt does not matter here. */
const FIRST_MODEL = JSON.stringify({
  sizes: [4, 8, 16],
  attackIterations: 2,
  steps: 40,
  trainExamples: 600,
  checkpointInterval: 5,
  validationMarginExamples: 20,
  evaluationMarginExamples: 20,
});
const ARGS = ['start', '--port-base', '0', '--first-model', FIRST_MODEL];

interface Summary {
  readonly model: string;
  readonly version: number;
  readonly verified: boolean;
  readonly results: readonly { readonly image: string; readonly verified: boolean }[];
}

describe('maxmargin start', function () {
  this.timeout(120_000);
  let directory: string;
  const running: RunningCommand[] = [];
  const start = (...more: string[]): RunningCommand => {
    const command = startCommand([...ARGS, ...more], directory);
    running.push(command);
    return command;
  };
  const logged = async (service: string): Promise<Record<string, unknown>[]> => {
    const lines = (await readFile(join(directory, 'logs', `${service}.log`), 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'maxmargin-start-'));
  });
  after(async () => {
    for (const { process: child, ended } of running) {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
    }
    await rm(directory, { recursive: true, maxRetries: 10 });
  });

  it('stops well while it trains', async () => {
    const command = start();
    await command.waitFor(/training (1[2-9]|[23]\d)\/40/);
    const { code, stdout, stderr } = await command.stop('SIGINT');
    assert.equal(code, 130, stderr);
    assert.match(stdout, /Nothing is published in \.\/registry yet: training a first model, digits\./);
    assert.match(stderr, /maxmargin: Stopped\. The next start continues the training from its last checkpoint\./);
    for (const service of ['server', 'trainer']) assert.equal((await logged(service)).at(-1)?.msg, 'stopped');
  });

  it('continues where it stopped, publishes, and ends with 0 once every answer is verified', async () => {
    const { code, stdout, stderr } = await start('--once', '--json').ended;
    assert.equal(code, 0, stderr);
    const first = Number(/training (\d+)\/40/.exec(stderr)?.[1]);
    assert.ok(first >= 10, `expected to continue from step 10 or later, got ${first}:\n${stderr}`);
    assert.match(stderr, /Published as digits version 1: accuracy \d+\.\d %, mean margin 0\.\d{4}/);
    const summary = JSON.parse(stdout) as Summary;
    assert.deepEqual([summary.model, summary.version, summary.verified], ['digits', 1, true]);
    assert.equal(summary.results.length, 10);
    assert.ok(summary.results.every(({ verified }) => verified));
    assert.equal((await readdir(join(directory, 'jobs'))).filter((name) => name.startsWith('job-')).length, 1);
  });

  it('trains nothing where something is published, serves until Ctrl-C, and ends with 0', async () => {
    const command = start();
    await command.waitFor(/Serving\. Ctrl-C stops both services\./);
    const { code, stdout, stderr } = await command.stop('SIGINT');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /server +gRPC 127\.0\.0\.1:\d+ +metrics http:\/\/127\.0\.0\.1:\d+\/metrics/);
    assert.match(stdout, /^image +label +class +adversarial +distance +status +gradients +converged +verified$/m);
    assert.equal(stdout.match(/✓$/gm)?.length, 10);
    assert.doesNotMatch(stderr, /training/);
    for (const service of ['server', 'trainer']) assert.equal((await logged(service)).at(-1)?.msg, 'stopped');
  });

  it('says so when a service dies, and stops the other', async () => {
    const command = start();
    await command.waitFor(/Serving\./);
    const pid = (await logged('server')).at(-1)?.pid;
    assert.ok(typeof pid === 'number');
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await command.ended;
    assert.equal(code, 1);
    assert.match(stderr, /maxmargin: serve ended \(SIGKILL\).*; see logs\/server\.log/);
    assert.equal((await logged('trainer')).at(-1)?.msg, 'stopped');
  });

  it('leaves no service behind when it is killed', async () => {
    const command = start();
    await command.waitFor(/Serving\./);
    const pids = await Promise.all(
      ['server', 'trainer'].map(async (service) => Number((await logged(service)).at(-1)?.pid)),
    );
    const alive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await command.stop('SIGKILL');
    await eventually(
      () => Promise.resolve(pids.filter(alive)),
      (left) => left.length === 0,
    );
  });

  it('names a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runCommand(['start', '--port-base', String(port)], directory);
    other.close();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^maxmargin: Port ${port} of 127\\.0\\.0\\.1 is in use\\.`));
  });
});
