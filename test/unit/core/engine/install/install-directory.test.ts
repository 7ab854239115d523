import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installDirectory } from '../../../../../core/engine/install/install-directory.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

describe('the installation of a directory', () => {
  const root = temporaryDirectory();
  const place = () => join(root(), 'engines/one');
  const install = (text: string) =>
    installDirectory(place(), async (directory) => {
      assert.equal(dirname(directory), dirname(place()));
      await writeFile(join(directory, 'file'), text);
      return text.length;
    });

  it('appears at once, and replaces what was there', async () => {
    assert.equal(await install('first'), 5);
    assert.equal(await install('second'), 6);
    assert.equal(await readFile(join(place(), 'file'), 'utf8'), 'second');
    assert.deepEqual(await readdir(dirname(place())), ['one']);
  });

  it('leaves nothing behind when it fails, and what was there in its place', async () => {
    const failing = installDirectory(place(), async (directory) => {
      await writeFile(join(directory, 'half'), '');
      throw new Error('no compiler');
    });
    await assert.rejects(failing, /no compiler/);
    assert.deepEqual(await readdir(root()), []);
    await install('first');
    await assert.rejects(
      installDirectory(place(), () => Promise.reject(new Error('again'))),
      /again/,
    );
    assert.equal(await readFile(join(place(), 'file'), 'utf8'), 'first');
    assert.deepEqual(await readdir(dirname(place())), ['one']);
  });

  it('ends with its own error when others fail beside it', async () => {
    const failing = async (): Promise<void> => {
      for (let i = 0; i < 50; i++)
        await assert.rejects(
          installDirectory(place(), () => Promise.reject(new Error('no compiler'))),
          /no compiler/,
        );
    };
    await Promise.all([failing(), failing(), failing()]);
  });

  it('removes what a killed process left, but not what a living one makes', async () => {
    const killed = spawn(process.execPath, ['-e', '']);
    await once(killed, 'exit');
    const [dead, living] = [`.tmp-${killed.pid}-00`, `.tmp-${process.pid}-00`];
    for (const name of [dead, living]) await mkdir(join(dirname(place()), name), { recursive: true });
    await install('first');
    assert.deepEqual((await readdir(dirname(place()))).sort(), [living, 'one']);
  });
});
