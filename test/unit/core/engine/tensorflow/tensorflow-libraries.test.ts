import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  gatherTensorflow,
  type TensorflowLibraries,
} from '../../../../../core/engine/tensorflow/install/tensorflow-libraries.js';
import type { LibrarySource } from '../../../../../core/engine/install/library-source.js';
import { withVariables, writeScript } from '../../../../support/environment.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';
import { zipBytes } from '../../../../support/zip-bytes.js';

const HEADER = 'tensorflow/c/eager/c_api.h';
const CUDA = 'Requires-Dist: nvidia-cublas-cu12>=12; extra == "and-cuda"\n';
const INSTALLED = {
  'tensorflow/libtensorflow_cc.so.2': 'main',
  'tensorflow/libtensorflow_framework.so.2': 'framework',
  'tensorflow/python/_pywrap_tensorflow_internal.so': 'python',
  'tensorflow/python/_pywrap_other.so': 'python',
  [`tensorflow/include/${HEADER}`]: '// header',
  'tensorflow/include/external/other.h': '// header',
  'tensorflow-2.16.1.dist-info/METADATA': CUDA,
};
const CUBLAS = { 'nvidia/cublas/lib/libcublas.so.12': 'cublas', 'nvidia/cublas/include/cublas.h': '' };
const NAMES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

describe('the libraries of TensorFlow', () => {
  const directory = temporaryDirectory();
  const libraries = () => join(directory(), 'libraries');

  const write = async (root: string, files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
  };
  const gather = async (source: LibrarySource, packageName: 'tensorflow' | 'tensorflow-cpu' = 'tensorflow') => {
    const directories = { libraries: libraries(), scratch: join(directory(), 'scratch') };
    for (const each of Object.values(directories)) await mkdir(each, { recursive: true });
    return gatherTensorflow(source, packageName, directories, { report: () => undefined });
  };
  const filesOf = async (): Promise<string[]> => {
    const entries = await readdir(libraries(), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(libraries().length + 1))
      .sort();
  };
  const check = async ({ names, includeDirectory }: TensorflowLibraries, cuda: boolean): Promise<void> => {
    assert.deepEqual(names, NAMES);
    assert.equal(await readFile(join(includeDirectory, HEADER), 'utf8'), '// header');
    const expected = NAMES.map((name) => `tensorflow/${name}`);
    assert.deepEqual(await filesOf(), cuda ? ['nvidia/cublas/lib/libcublas.so.12', ...expected] : expected);
  };

  it('come from a wheel, with those of CUDA in the wheels beside it', async () => {
    const wheel = join(directory(), 'tensorflow-2.16.1-cp312.whl');
    await writeFile(wheel, zipBytes(INSTALLED));
    await check(await gather({ kind: 'wheel', path: wheel }), false);
    await writeFile(join(directory(), 'nvidia_cublas_cu12-12.5-py3.whl'), zipBytes(CUBLAS));
    await writeFile(
      join(directory(), 'nvidia_other_cu12-1-py3.whl'),
      zipBytes({ 'nvidia/other/lib/libother.so.1': '' }),
    );
    await check(await gather({ kind: 'wheel', path: wheel }), true);
  });

  it('come from pip, with the wheels of CUDA that the package names', async () => {
    const shelf = join(directory(), 'shelf');
    await mkdir(shelf);
    await writeFile(join(shelf, 'tensorflow==2.16.1.whl'), zipBytes(INSTALLED));
    await writeFile(join(shelf, 'tensorflow-cpu==2.16.1.whl'), zipBytes(INSTALLED));
    await writeFile(join(shelf, 'nvidia-cublas-cu12>=12.whl'), zipBytes(CUBLAS));
    const bin = join(directory(), 'bin');
    const copy = `[ "$2" ] || exit 0\nfor last; do :; done\nwhile [ "$1" != --dest ]; do shift; done\nexec /bin/cp "${shelf}/$last.whl" "$2"`;
    await writeScript(bin, 'pip3', copy);
    const from = { kind: 'pip', version: '2.16.1' } as const;
    await check(await withVariables({ PATH: bin }, () => gather(from, 'tensorflow-cpu')), false);
    await check(await withVariables({ PATH: bin }, () => gather(from)), true);
    assert.deepEqual(await readdir(join(directory(), 'scratch')), ['include']);
  });

  it('come from site-packages or the directory tensorflow in it', async () => {
    const site = join(directory(), 'site-packages');
    await write(site, { ...INSTALLED, ...CUBLAS, 'nvidia/other/lib/libother.so.1': '' });
    await check(await gather({ kind: 'directory', path: join(site, 'tensorflow') }), true);
    await check(await gather({ kind: 'directory', path: site }), true);
  });

  it('come with all of TensorFlow in an extension of Python before 2.12', async () => {
    const old = Object.fromEntries(Object.entries(INSTALLED).filter(([name]) => !name.includes('_cc')));
    const names = ['_pywrap_tensorflow_internal.so', 'libtensorflow_framework.so.2'];
    const wheel = join(directory(), 'tensorflow-2.9.1-cp39.whl');
    await writeFile(wheel, zipBytes(old));
    assert.deepEqual((await gather({ kind: 'wheel', path: wheel })).names, names);
    await rm(libraries(), { recursive: true });
    const site = join(directory(), 'site-packages');
    await write(site, old);
    assert.deepEqual((await gather({ kind: 'directory', path: site })).names, names);
    assert.deepEqual(
      await filesOf(),
      names.map((name) => `tensorflow/${name}`),
    );
  });

  it('come from an archive of libtensorflow, whose names are links', async () => {
    const archive = join(directory(), 'archive');
    await write(archive, {
      'lib/libtensorflow.so.2.9.1': 'main',
      'lib/libtensorflow_framework.so.2.9.1': 'framework',
      [`include/${HEADER}`]: '// header',
    });
    for (const name of ['libtensorflow.so.2', 'libtensorflow_framework.so.2'])
      await symlink(`${name}.9.1`, join(archive, 'lib', name));
    const { names } = await gather({ kind: 'directory', path: archive });
    assert.deepEqual(names, ['libtensorflow.so.2', 'libtensorflow_framework.so.2']);
    assert.equal(await readFile(join(libraries(), 'tensorflow/libtensorflow.so.2'), 'utf8'), 'main');
  });

  it('are refused where a part is missing, and the error says which', async () => {
    const wheel = join(directory(), 'tensorflow-2.9.1-cp39.whl');
    const without = (gone: string) =>
      Object.fromEntries(Object.entries(INSTALLED).filter(([name]) => !name.includes(gone)));
    for (const [gone, said] of [
      ['tensorflow_', /libtensorflow_cc\.so\.2 or libtensorflow\.so\.2/],
      ['_framework', /libtensorflow_framework\.so\.2/],
      ['c_api.h', /its headers/],
    ] as const) {
      await writeFile(wheel, zipBytes(without(gone)));
      await assert.rejects(gather({ kind: 'wheel', path: wheel }), said);
    }
    await assert.rejects(
      gather({ kind: 'directory', path: join(directory(), 'scratch') }),
      /--from: expected a directory with/,
    );
  });
});
