import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLibrarySource } from '../../../../../core/engine/install/library-source.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

describe('where a library comes from', () => {
  const directory = temporaryDirectory();

  it('is pip, a version from pip, a wheel or a directory', async () => {
    const wheel = join(directory(), 'thing-1-py3-none-any.whl');
    await writeFile(wheel, '');
    assert.deepEqual(await parseLibrarySource('pip'), { kind: 'pip', version: undefined });
    assert.deepEqual(await parseLibrarySource('pip=2.16.1'), { kind: 'pip', version: '2.16.1' });
    assert.deepEqual(await parseLibrarySource('pip==2.16.*'), { kind: 'pip', version: '2.16.*' });
    assert.deepEqual(await parseLibrarySource(wheel), { kind: 'wheel', path: wheel });
    assert.deepEqual(await parseLibrarySource(directory()), { kind: 'directory', path: directory() });
  });

  it('is refused where nothing is, or something else', async () => {
    await assert.rejects(
      parseLibrarySource('/nowhere/x.whl'),
      /--from: expected .*\/nowhere\/x\.whl, which is not there/,
    );
    const text = join(directory(), 'notes.txt');
    await writeFile(text, '');
    await assert.rejects(parseLibrarySource(text), /notes\.txt, which is neither/);
  });
});
