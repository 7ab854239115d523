import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import { smallPublication } from '../../../support/small-publication.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const NAME = 'digits';

describe('aliases', () => {
  const root = temporaryDirectory();

  it('moves an alias only from where it is expected to be', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 2; version++) await registry.publish(NAME, smallPublication());
    await assert.rejects(registry.setAlias(NAME, 'champion', 1, 2), {
      kind: 'aborted',
      message: 'model digits: alias champion: expected version 2, got no such alias',
    });
    await registry.setAlias(NAME, 'champion', 1, 0);
    await assert.rejects(registry.setAlias(NAME, 'champion', 2, 0), {
      kind: 'aborted',
      message: /expected no such alias, got version 1$/,
    });
    await assert.rejects(registry.setAlias(NAME, 'champion', 2, 2), { kind: 'aborted' });
    await registry.setAlias(NAME, 'champion', 2, 1);
    await registry.setAlias(NAME, 'champion', 1);
    await assert.rejects(registry.setAlias(NAME, 'champion', 3), { kind: 'not-found' });
    await assert.rejects(registry.setAlias('none', 'champion', 1), { kind: 'not-found' });
    assert.deepEqual((await registry.model(NAME)).aliases, { champion: 1 });
    const written = JSON.parse(await readFile(join(root(), NAME, 'aliases.json'), 'utf8')) as { aliases: unknown };
    assert.deepEqual(written.aliases, { champion: 1 });
  });

  it('rolls an alias back move by move, past versions that have been deleted', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 4; version++) await registry.publish(NAME, smallPublication());
    await assert.rejects(registry.rollbackAlias(NAME, 'champion'), { kind: 'failed-precondition' });
    for (const version of [1, 4, 2, 3]) await registry.setAlias(NAME, 'champion', version);
    const back = async (): Promise<number | undefined> =>
      (await registry.rollbackAlias(NAME, 'champion')).aliases['champion'];
    assert.equal(await back(), 2);
    await assert.rejects(registry.rollbackAlias(NAME, 'champion', 3), { kind: 'aborted' });
    await registry.deleteVersion(NAME, 4);
    assert.equal(await back(), 1);
    await assert.rejects(registry.rollbackAlias(NAME, 'champion'), {
      kind: 'failed-precondition',
      message: 'model digits: alias champion has pointed to no other version that is still there',
    });
    await registry.setAlias(NAME, 'champion', 3);
    assert.equal(await back(), 1);
  });

  it('points no alias to a version whose files are damaged, forwards or back', async () => {
    const registry = await openRegistry(root());
    for (let version = 1; version <= 2; version++) await registry.publish(NAME, smallPublication());
    for (const version of [1, 2]) await registry.setAlias(NAME, 'champion', version);
    await writeFile(join(root(), NAME, '1', 'weights.bin'), 'damaged');
    await assert.rejects(registry.setAlias(NAME, 'champion', 1), { kind: 'data-loss', message: /weights\.bin/ });
    await assert.rejects(registry.rollbackAlias(NAME, 'champion'), { kind: 'data-loss', message: /weights\.bin/ });
    assert.deepEqual((await registry.model(NAME)).aliases, { champion: 2 });
  });
});
