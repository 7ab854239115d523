import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../../../core/random.js';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import type { Registry } from '../../../../core/registry/registry.js';
import type { RegistryAnswer, RegistryRequest } from '../../../support/registry-child.js';
import { smallPublication } from '../../../support/small-publication.js';
import { remembered } from '../../../support/started-processes.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const CHILD = new URL('../../../support/registry-child.js', import.meta.url);
const NAME = 'digits';

describe('registry, used by several processes', () => {
  let children: ChildProcess[] = [];
  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  // Before the directory is removed: hooks run in this order.
  afterEach(() => Promise.all(children.map(kill)));
  const root = temporaryDirectory();

  const start = async (count: number, execArgv: string[] = []): Promise<void> => {
    children = Array.from({ length: count }, () => remembered(fork(CHILD, [root(), NAME], { execArgv })));
    await Promise.all(children.map((child) => once(child, 'message')));
  };
  const ask = async (child: ChildProcess, request: RegistryRequest): Promise<RegistryAnswer> => {
    const answered = once(child, 'message') as Promise<[RegistryAnswer]>;
    child.send(request);
    return (await answered)[0];
  };

  it('moves an alias by compare-and-set on a file system without hard links, too', async () => {
    // In place of such a file system: link(2) answers as it does there, before the process has imported it.
    const source = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      fs.promises.link = () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' }));
      syncBuiltinESMExports();`;
    const without = ['--import', `data:text/javascript,${encodeURIComponent(source)}`];
    const registry = await openRegistry(root());
    for (let version = 1; version <= 4; version++) await registry.publish(NAME, smallPublication());
    await start(4, without);
    for (let expected = 0; expected < 4; expected++) {
      const answers = await Promise.all(
        children.map((child) => ask(child, { ask: 'setAlias', version: expected + 1, expected })),
      );
      const moved = answers.filter((answer) => 'version' in answer);
      const refused = answers.filter((answer) => 'refused' in answer && answer.refused === 'aborted');
      // Whoever comes when it is done finds it done by another, or as it wants it.
      assert.ok(moved.length >= 1 && moved.length + refused.length === 4, JSON.stringify(answers));
      assert.equal(await registry.resolve(NAME, {}), expected + 1);
    }
    // A process that has links finds what these have left, and goes on from there.
    assert.equal((await registry.rollbackAlias(NAME, 'champion')).aliases['champion'], 3);
    const names = await readdir(join(root(), NAME));
    assert.ok(!names.some((name) => name.startsWith('.tmp-')), names.join(', '));
  });

  it('gives every publisher a number of its own, without gaps', async () => {
    await start(4);
    const rounds = 5;
    const answers = await Promise.all(
      children.map(async (child) => {
        const versions: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const answer = await ask(child, { ask: 'publish' });
          assert.ok('version' in answer);
          versions.push(answer.version);
        }
        return versions;
      }),
    );
    const registry = await openRegistry(root());
    const expected = Array.from({ length: 4 * rounds }, (_, i) => i + 1);
    assert.deepEqual(
      answers.flat().sort((a, b) => a - b),
      expected,
    );
    await assertWhole(registry, expected.length);
  });

  it('shows readers whole versions only, while versions come and go', async () => {
    const registry = await openRegistry(root());
    await start(2);
    for (const child of children) child.send({ ask: 'churn' } satisfies RegistryRequest);
    let loaded = 0;
    const stopped = new AbortController();
    for (const child of children)
      child.once('message', (answer) => {
        stopped.abort(JSON.stringify(answer));
      });
    for (let newest = 0; newest < 12;) {
      assert.ok(!stopped.signal.aborted, String(stopped.signal.reason));
      const [model] = await registry.listModels();
      for (const version of model?.versions ?? []) {
        const found = await registry.load(NAME, version).catch((error: unknown) => {
          // Deleted since it was listed; nothing else may go wrong.
          assert.equal((error as { kind?: string }).kind, 'not-found', String(error));
        });
        if (found !== undefined) loaded++;
        newest = Math.max(newest, version);
      }
    }
    assert.ok(loaded > 0);
  });

  it('lets exactly one win each compare-and-set', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 4; version++) await registry.publish(NAME, smallPublication(version));
    await start(4);
    let expected = 0;
    for (let round = 0; round < 110; round++) {
      // None asks for the version that is current, so that whoever comes second is wrong whatever it asks for.
      const versions = [1, 2, 3, 4].filter((version) => version !== expected);
      const answers = await Promise.all(
        versions.map((version, i) => ask(children[i]!, { ask: 'setAlias', version, expected })),
      );
      const winners = answers.flatMap((answer) => ('version' in answer ? [answer.version] : []));
      const losers = answers.flatMap((answer) => ('refused' in answer ? [answer.refused] : []));
      assert.equal(winners.length, 1, `round ${round}`);
      assert.deepEqual(new Set(losers), new Set(['aborted']));
      expected = winners[0]!;
      assert.equal((await registry.model(NAME)).aliases.champion, expected);
    }
    const entries = (await readdir(join(root(), NAME))).filter((entry) => entry.startsWith('.'));
    assert.ok(entries.length <= 101, `expected at most 101 hidden entries, got ${entries.length}`);
  });

  it('is whole after kill -9 at any instant', async () => {
    const registry = await openRegistry(root());
    await mkdir(join(root(), NAME));
    const random = createRandom(7);
    let highest = 0;
    for (let round = 0; round < 6; round++) {
      await start(1);
      const [child] = children;
      const killed = killAtEvent(join(root(), NAME), child!, 1 + random.below(40));
      child!.send({ ask: 'churn' } satisfies RegistryRequest);
      await killed;
      highest = await assertWhole(registry, highest);
      const next = await registry.publish(NAME, smallPublication(round));
      assert.ok(next > highest, `expected a version above ${highest}, got ${next}`);
      await registry.setAlias(NAME, 'champion', next);
      highest = next;
    }
    const temporary = async () => (await readdir(join(root(), NAME))).filter((entry) => entry.startsWith('.tmp-'));
    await mkdir(join(root(), NAME, '.tmp-1-abandoned'));
    const left = await temporary();
    const twoHoursAgo = Date.now() / 1000 - 7200;
    for (const entry of left) await utimes(join(root(), NAME, entry), twoHoursAgo, twoHoursAgo);
    await registry.publish(NAME, smallPublication());
    assert.deepEqual(await temporary(), []);
  });
});

/** Kills a process when so many names have changed in a directory. */
async function killAtEvent(directory: string, child: ChildProcess, events: number): Promise<void> {
  const exited = once(child, 'exit');
  let seen = 0;
  const watcher = watch(directory, { recursive: false }, () => {
    if (++seen === events) child.kill('SIGKILL');
  });
  await exited;
  watcher.close();
}

/** Every listed version loads and verifies, and no number is used twice. @returns the highest */
async function assertWhole(registry: Registry, atLeast: number): Promise<number> {
  const models = await registry.listModels();
  if (models.length === 0) {
    assert.equal(atLeast, 0);
    return 0;
  }
  const [model] = models;
  for (const version of model!.versions) {
    const { manifest } = await registry.load(NAME, version);
    assert.equal(manifest.version, version);
  }
  for (const version of Object.values(model!.aliases)) assert.ok(model!.versions.includes(version));
  const highest = Math.max(0, ...model!.versions);
  assert.ok(highest >= atLeast, `expected at least version ${atLeast}, got ${highest}`);
  return highest;
}
