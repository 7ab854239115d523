import assert from 'node:assert/strict';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const SOURCE = fileURLToPath(new URL('../../../core/code-fingerprint.js', import.meta.url));

describe('the fingerprint of the code', () => {
  const directory = temporaryDirectory();

  it('changes with any file that computes, and with its place, and with nothing else', async () => {
    const root = directory();
    for (const folder of ['core', 'trainer', 'clients']) await mkdir(join(root, folder, 'deep'), { recursive: true });
    await cp(SOURCE, join(root, 'core/code-fingerprint.js'));
    await writeFile(join(root, 'package.json'), '{"type":"module"}');
    const { codeFingerprint } = (await import(pathToFileURL(join(root, 'core/code-fingerprint.js')).href)) as {
      readonly codeFingerprint: () => Promise<string>;
    };
    const put = (file: string, text: string) => writeFile(join(root, file), text);
    await put('trainer/deep/attack.js', 'export const steps = 10;');
    const before = await codeFingerprint();
    assert.match(before, /^[0-9a-f]{64}$/);

    await put('clients/deep/table.js', 'anything');
    await put('core/deep/attack.js.map', 'anything');
    assert.equal(await codeFingerprint(), before);

    await put('trainer/deep/attack.js', 'export const steps = 11;');
    const changed = await codeFingerprint();
    assert.notEqual(changed, before);
    await put('core/deep/attack.js', 'export const steps = 11;');
    await rm(join(root, 'trainer/deep/attack.js'));
    assert.ok(![before, changed].includes(await codeFingerprint()));
  });
});
