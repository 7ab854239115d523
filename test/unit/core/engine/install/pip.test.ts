import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadWheels, findPip } from '../../../../../core/engine/install/pip.js';
import { withVariables, writeScript } from '../../../../support/environment.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const quiet = { report: () => undefined };

/** A pip that notes how it was called and has `thing` for Python 3.10 alone. */
const PIP = `
PATH=/usr/bin:/bin
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in
  *--version) exit 0;;
  *absent*) echo "ERROR: No matching distribution found for absent" >&2; exit 1;;
  *forbidden*) echo "ERROR: 403" >&2; exit 1;;
  *--python-version\\ 3.10*) ;;
  *old*) echo "ERROR: No matching distribution found for old" >&2; exit 1;;
esac
while [ "$1" != --dest ]; do shift; done
for last; do :; done
touch "$2/$last.whl"`;

describe('pip', () => {
  const directory = temporaryDirectory();
  const path = () => ({ PATH: join(directory(), 'bin') });

  it('is a program, or a module of Python, and without either the error says what to do', async () => {
    await assert.rejects(withVariables(path(), findPip), /pip is missing.*python3-pip.*--from/);
    const python = await writeScript(path().PATH, 'python3', 'exit 0');
    assert.deepEqual(await withVariables(path(), findPip), { file: python, args: ['-m', 'pip'] });
    await writeScript(path().PATH, 'pip', 'exit 1');
    assert.deepEqual(await withVariables(path(), findPip), { file: python, args: ['-m', 'pip'] });
    const pip = await writeScript(path().PATH, 'pip3', 'exit 0');
    assert.deepEqual(await withVariables(path(), findPip), { file: pip, args: [] });
  });

  it('downloads wheels alone, for another Python where there is none for its own', async () => {
    await writeScript(path().PATH, 'pip', PIP);
    const pip = await withVariables(path(), findPip);
    const wheels = join(directory(), 'wheels');
    assert.deepEqual(await downloadWheels(pip, ['new', 'old'], wheels, quiet), [
      join(wheels, 'new.whl'),
      join(wheels, 'old.whl'),
    ]);
    const calls = await readFile(join(path().PATH, 'calls'), 'utf8');
    assert.match(calls, /^download --only-binary=:all: .*--no-deps new$/m);
    assert.match(calls, /--python-version 3.10 old$/m);
  });

  it('says what pip says where a wheel cannot be had', async () => {
    await writeScript(path().PATH, 'pip', PIP);
    const pip = await withVariables(path(), findPip);
    const wheels = join(directory(), 'wheels');
    for (const [name, said] of [
      ['absent', /pip download absent failed .*No matching/],
      ['forbidden', /pip download forbidden failed .*403/],
    ] as const)
      await assert.rejects(downloadWheels(pip, [name], wheels, quiet), said);
  });
});
