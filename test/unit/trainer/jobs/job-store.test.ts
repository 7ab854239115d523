import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJobName } from '../../../../trainer/jobs/job.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { openJobStore } from '../../../../trainer/jobs/job-store.js';

const spec = completeSpec({ model: 'm' });

describe('job store', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'maxmargin-jobs-'));
  });
  afterEach(() => rm(root, { recursive: true, maxRetries: 10 }));

  it('reads back what it has written', async () => {
    const store = await openJobStore(root);
    const { name } = await store.create(spec, 'request-1');
    store.change(name, {
      state: 'succeeded',
      publishedVersion: 3,
      startTime: new Date().toISOString(),
      progress: {
        phase: 'publishing',
        step: 5,
        steps: 5,
        epoch: 0,
        cleanLoss: Number.NaN,
        marginLoss: 1,
        meanRadius: 0.2,
        batchAccuracy: 0.5,
        secondsPerStep: 0.1,
        etaSeconds: 0,
      },
    });
    await store.save(name);
    await writeFile(join(root, name, '.tmp-1-aa'), 'half a job.json');
    const again = await openJobStore(root);
    assert.deepEqual(again.get(name), store.get(name));
    assert.deepEqual(again.findRequest('request-1'), store.get(name));
    assert.deepEqual(again.unreadable, []);
    assert.deepEqual(await readdir(join(root, name)), ['job.json']);
  });

  it('gives names that sort in the order of creation, before and after a restart', async () => {
    const store = await openJobStore(root);
    const made = await Promise.all(Array.from({ length: 20 }, () => store.create(spec, '')));
    const again = await openJobStore(root);
    const names = [...made, await again.create(spec, '')].map(({ name }) => name);
    assert.deepEqual(names, [...names].sort());
    assert.equal(new Set(names).size, 21);
    assert.ok(names.every(isJobName));
    assert.deepEqual(
      again.list().map(({ name }) => name),
      names,
    );
  });

  it('continues the sequence of a job that has not ended above what watchers may have seen', async () => {
    const store = await openJobStore(root);
    const { name } = await store.create(spec, '');
    for (let i = 0; i < 100; i++) store.change(name, {});
    assert.ok((await openJobStore(root)).get(name).sequence > store.get(name).sequence);
  });

  it('writes the newest of many changes, however many wait for it', async () => {
    const store = await openJobStore(root);
    const { name } = await store.create(spec, '');
    await Promise.all(
      Array.from({ length: 50 }, (_, restarts) => {
        store.change(name, { restarts });
        return store.save(name);
      }),
    );
    assert.equal((await openJobStore(root)).get(name).restarts, 49);
  });

  it('reports and leaves alone what it cannot read', async () => {
    const good = await (await openJobStore(root)).create(spec, '');
    const text = await readFile(join(root, good.name, 'job.json'), 'utf8');
    const broken = {
      'job-20260101t000000000-aaaaaa': text.slice(0, 100),
      'job-20260101t000000001-aaaaaa': text,
      'job-20260101t000000002-aaaaaa': 'null',
      'job-20260101t000000003-aaaaaa': '{"format":1}',
      'lost+found': undefined,
    };
    for (const [name, content] of Object.entries(broken)) {
      await mkdir(join(root, name));
      if (content !== undefined) await writeFile(join(root, name, 'job.json'), content);
    }
    const store = await openJobStore(root);
    assert.deepEqual(
      store.list().map(({ name }) => name),
      [good.name],
    );
    assert.deepEqual(
      store.unreadable.map(({ directory }) => directory),
      Object.keys(broken).map((name) => join(root, name)),
    );
    assert.match(
      store.unreadable[1]?.reason ?? '',
      new RegExp(`expected the job job-20260101t000000001-aaaaaa, got ${good.name}`),
    );
  });

  it('removes what a creation that was cut short has left', async () => {
    const unborn = join(root, 'job-20260101t000000000-aaaaaa');
    await mkdir(unborn);
    await writeFile(join(unborn, '.tmp-1-aa'), '{');
    assert.deepEqual((await openJobStore(root)).unreadable, []);
    assert.deepEqual(await readdir(root), []);
  });

  it('forgets a job that it could not write', async () => {
    const store = await openJobStore(root);
    await rm(root, { recursive: true });
    await assert.rejects(store.create(spec, 'r'), /ENOENT/);
    assert.deepEqual(store.list(), []);
    assert.equal(store.findRequest('r'), undefined);
    await mkdir(root);
  });

  it('knows no job by a path', async () => {
    const store = await openJobStore(root);
    assert.throws(() => store.get('../x'), /name: expected a job, got "\.\.\/x", which is not the name of one/);
    assert.throws(() => store.directory('constructor'), /not the name of one/);
  });
});
