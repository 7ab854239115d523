import assert from 'node:assert/strict';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import { smallPublication } from '../../../support/small-publication.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

describe('a registry with symbolic links', () => {
  const place = temporaryDirectory();

  it('follows a root, a model and a version that are links, in every call, and deletes nothing through them', async () => {
    const elsewhere = join(place(), 'elsewhere');
    const root = join(place(), 'root');
    await mkdir(join(place(), 'real'));
    await symlink(join(place(), 'real'), root);
    const registry = await openRegistry(root);
    for (const model of ['digits', 'faces']) {
      for (let version = 1; version <= 2; version++) await registry.publish(model, smallPublication());
      await registry.setAlias(model, 'champion', 1);
    }
    await mkdir(elsewhere);
    await rename(join(root, 'digits'), join(elsewhere, 'digits'));
    await symlink(join(elsewhere, 'digits'), join(root, 'digits'));
    await rename(join(root, 'faces', '2'), join(elsewhere, 'two'));
    await symlink(join(elsewhere, 'two'), join(root, 'faces', '2'));

    const listed = await registry.listModels();
    assert.deepEqual(listed, [await registry.model('digits'), await registry.model('faces')]);
    assert.deepEqual(
      listed.map(({ versions }) => versions),
      [
        [1, 2],
        [1, 2],
      ],
    );
    for (const model of ['digits', 'faces']) assert.equal((await registry.load(model, 2)).manifest.version, 2);
    assert.equal(await registry.publish('faces', smallPublication()), 3);
    await registry.deleteVersion('faces', 2);
    assert.deepEqual((await registry.model('faces')).versions, [1, 3]);
    assert.ok((await readdir(join(elsewhere, 'two'))).includes('weights.bin'));
  });

  it('names a model that is a link to nothing, and a file of a version that is a link', async () => {
    const registry = await openRegistry(place());
    await symlink(join(place(), 'nowhere'), join(place(), 'broken'));
    await writeFile(join(place(), 'notes'), 'a stray file is no model');
    await registry.publish('digits', smallPublication());
    const { unreadable } = await registry.survey();
    assert.deepEqual(
      unreadable.map(({ name, problem }) => [name, problem.replace(place(), '')]),
      [['broken', '/broken: expected a directory, got a link that leads to none']],
    );
    const manifest = join(place(), 'digits', '1', 'manifest.json');
    await rename(manifest, join(place(), 'manifest'));
    await symlink(join(place(), 'manifest'), manifest);
    assert.deepEqual((await registry.model('digits')).versions, [1]);
    await assert.rejects(registry.manifest('digits', 1), { kind: 'data-loss', message: /got a link/ });
  });
});
