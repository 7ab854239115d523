import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFromWheel, unpackWheel } from '../../../../../core/engine/install/wheel.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';
import { zipBytes } from '../../../../support/zip-bytes.js';

const FILES = {
  'lib/libthing.so': Buffer.alloc(300_000, 'thing'),
  'lib/': '',
  'thing/code.py': 'print()',
  'thing-1.dist-info/METADATA': 'Name: thing\nVersion: 1\n',
};

describe('wheels', () => {
  const directory = temporaryDirectory();
  const wheel = () => join(directory(), 'thing.whl');
  const libraries = (name: string) => (name.startsWith('lib/') ? name.slice('lib/'.length) : undefined);

  it('unpacks what is wanted, where it is wanted', async () => {
    await writeFile(wheel(), zipBytes(FILES));
    const out = join(directory(), 'out');
    assert.deepEqual(await unpackWheel(wheel(), out, libraries), ['libthing.so']);
    assert.deepEqual(await readdir(out), ['libthing.so']);
    assert.deepEqual(await readFile(join(out, 'libthing.so')), FILES['lib/libthing.so']);
  });

  it('reads one file', async () => {
    await writeFile(wheel(), zipBytes(FILES));
    assert.equal(await readFromWheel(wheel(), /dist-info\/METADATA$/), FILES['thing-1.dist-info/METADATA']);
    assert.equal(await readFromWheel(wheel(), /absent/), undefined);
  });

  it('refuses what is cut short, damaged or no archive, and names the file', async () => {
    const whole = zipBytes(FILES);
    const damaged = Buffer.from(whole);
    // The first file's deflated bytes begin after its header of 30 bytes and its name.
    const at = 30 + 'lib/libthing.so'.length + 20;
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    for (const bytes of [whole.subarray(0, whole.length / 2), damaged, Buffer.from('no archive')]) {
      await writeFile(wheel(), bytes);
      await assert.rejects(unpackWheel(wheel(), directory(), libraries), (error: Error) => {
        assert.match(error.message, /thing\.whl: expected a whole wheel/);
        return true;
      });
    }
  });

  it('refuses names that lead out of the directory', async () => {
    await writeFile(wheel(), zipBytes({ '../escaped': 'x' }));
    await assert.rejects(
      unpackWheel(wheel(), join(directory(), 'out'), (name) => name),
      /whole wheel/,
    );
    await writeFile(wheel(), zipBytes({ escaped: 'x' }));
    await assert.rejects(
      unpackWheel(wheel(), join(directory(), 'out'), (name) => `../${name}`),
      /leads out/,
    );
    assert.deepEqual(await readdir(directory()), ['thing.whl']);
  });
});
