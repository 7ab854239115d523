import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fenceJob, ownsJob, recordOwner } from '../../../../trainer/jobs/job-owner.js';
import { lockJobs } from '../../../../trainer/jobs/jobs-lock.js';
import { identifyProcess, isAlive } from '../../../../trainer/jobs/process-identity.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const procIsThere = process.platform === 'linux';

describe('who works on a job', function () {
  const directory = temporaryDirectory();
  let other: ChildProcess;
  before(function () {
    if (!procIsThere) this.skip();
  });
  beforeEach(async () => {
    other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); process.stdout.write("up")']);
    if (other.stdout !== null) await once(other.stdout, 'data');
  });
  afterEach(async () => {
    if (other.exitCode !== null || other.signalCode !== null) return;
    other.kill('SIGKILL');
    await once(other, 'exit');
  });
  const otherIdentity = () => identifyProcess(other.pid ?? 0);

  it('tells a living process from one that has ended and from a later one of the same number', async () => {
    const identity = otherIdentity();
    assert.ok(isAlive(identity));
    assert.ok(!isAlive({ ...identity, startTicks: String(Number(identity.startTicks) - 1) }));
    assert.ok(!isAlive({ ...identity, bootId: 'before' }));
    other.kill('SIGKILL');
    await once(other, 'exit');
    assert.ok(!isAlive(identity));
  });

  it('ends the process that an earlier service left, even one that is suspended', async () => {
    await recordOwner(directory(), 'token', otherIdentity());
    other.kill('SIGSTOP');
    const exited = once(other, 'exit');
    await fenceJob(directory());
    assert.deepEqual(await exited, [null, 'SIGKILL']);
  });

  it('spares a process that only has the same number', async () => {
    await recordOwner(directory(), 'token', { ...otherIdentity(), startTicks: '1' });
    await fenceJob(directory());
    assert.ok(isAlive(otherIdentity()));
  });

  it('knows whose a job is', async () => {
    assert.ok(!ownsJob(directory(), 'mine'));
    await fenceJob(directory());
    await recordOwner(directory(), 'mine', otherIdentity());
    assert.ok(ownsJob(directory(), 'mine'));
    await recordOwner(directory(), 'another', otherIdentity());
    assert.ok(!ownsJob(directory(), 'mine'));
  });

  it('lets one living trainer have a directory of jobs', async () => {
    const lock = join(directory(), 'service.json');
    await writeFile(lock, JSON.stringify(otherIdentity()));
    await assert.rejects(
      lockJobs(directory()),
      new RegExp(`expected no other trainer, got process ${other.pid ?? ''}`),
    );
    other.kill('SIGKILL');
    await once(other, 'exit');
    const unlock = await lockJobs(directory());
    await assert.rejects(lockJobs(directory()), new RegExp(`got process ${process.pid}`));
    await unlock();
    await (
      await lockJobs(directory())
    )();
  });

  it('takes over a lock that cannot be read', async () => {
    await writeFile(join(directory(), 'service.json'), '{"pid":');
    await (
      await lockJobs(directory())
    )();
  });
});
