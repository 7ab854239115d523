import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianTorch } from '../../../../../core/engine/torch/install/debian-torch.js';
import {
  gatherTorch,
  hasNewStrings,
  type TorchSource,
} from '../../../../../core/engine/torch/install/torch-libraries.js';
import { withVariables, writeScript } from '../../../../support/environment.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';
import { zipBytes } from '../../../../support/zip-bytes.js';

const CPU_WHEEL = {
  'torch/lib/libtorch_cpu.so': '',
  'torch/lib/libc10.so': 'symbols of std::__cxx11::basic_string',
  'torch/lib/libgomp-1234.so.1': '',
  'torch/lib/libtorch_python.so': '',
  'torch/lib/libtorchbind_test.so': '',
  'torch/include/ATen/ATen.h': '',
  'torch/nn/functional.py': '',
};
const CUDA_WHEEL = { ...CPU_WHEEL, 'torch/lib/libtorch_cuda.so': '' };
const CUDART = { 'nvidia/cu13/lib/libcudart.so.13': '', 'nvidia/cu13/include/cuda_runtime_api.h': '' };
const WANTED = ['torch/lib/libc10.so', 'torch/lib/libgomp-1234.so.1', 'torch/lib/libtorch_cpu.so'];

describe('the libraries of torch', () => {
  const directory = temporaryDirectory();

  const gather = async (source: TorchSource) => {
    const directories = { libraries: join(directory(), 'libraries'), scratch: join(directory(), 'scratch') };
    for (const each of Object.values(directories)) await mkdir(each, { recursive: true });
    return gatherTorch(source, directories, { report: () => undefined });
  };
  const copied = async (): Promise<string[]> => {
    const root = join(directory(), 'libraries');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).sort();
  };
  const place = async (root: string, files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
  };
  const wheel = async (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
    const path = join(directory(), name);
    await writeFile(path, zipBytes(files));
    return path;
  };

  it('come from a wheel, without what Python and tests load, with those of CUDA in the wheels beside it', async () => {
    const path = await wheel('torch-2.13.0-cp312.whl', CUDA_WHEEL);
    await wheel('nvidia_cuda_runtime-13.0-py3.whl', CUDART);
    const torch = await gather({ kind: 'wheel', path });
    const expected = ['nvidia/cu13/lib/libcudart.so.13', ...WANTED, 'torch/lib/libtorch_cuda.so'];
    assert.deepEqual(await copied(), expected.sort());
    assert.equal(torch.libraryDirectory, join(directory(), 'libraries/torch/lib'));
    const scratch = join(directory(), 'scratch');
    assert.deepEqual(torch.includeDirectories, [join(scratch, 'torch/include'), join(scratch, 'nvidia/cu13/include')]);
    assert.ok(await hasNewStrings(torch));
  });

  it('come from pip, with what the package depends on', async () => {
    const shelf = await wheel('torch-2.13.0-cp312.whl', CPU_WHEEL);
    const bin = join(directory(), 'bin');
    const copy = `[ "$2" ] || exit 0\nwhile [ "$1" != --dest ]; do case "$1" in --no-deps) exit 1;; esac; shift; done\nexec /bin/cp "${shelf}" "$2"`;
    await writeScript(bin, 'pip3', copy);
    await withVariables({ PATH: bin }, () => gather({ kind: 'pip', version: undefined }));
    assert.deepEqual(await copied(), WANTED);
    assert.ok(!(await readdir(join(directory(), 'scratch'))).includes('wheels'));
  });

  it('are used where they are in a directory', async () => {
    const root = join(directory(), 'site-packages');
    await place(root, { ...CPU_WHEEL, 'torch/lib/libc10.so': 'std::string of the old kind' });
    for (const path of [root, join(root, 'torch')]) {
      const torch = await gather({ kind: 'directory', path });
      assert.equal(torch.libraryDirectory, join(root, 'torch/lib'));
      assert.deepEqual(torch.includeDirectories, [join(root, 'torch/include')]);
      assert.ok(!(await hasNewStrings(torch)));
    }
    assert.deepEqual(await copied(), []);
  });

  it('say what is not there', async () => {
    const path = join(directory(), 'elsewhere');
    await place(path, { 'lib/libtorch_cpu.so': '' });
    await assert.rejects(gather({ kind: 'directory', path }), /headers \(include\/ATen\/ATen\.h\), got .*elsewhere/);
    await place(path, { 'include/ATen/ATen.h': '', 'lib/libtorch_cuda.so': '' });
    const noToolkit = { CUDA_HOME: directory() };
    await withVariables(noToolkit, () => gather({ kind: 'directory', path })).then(
      ({ includeDirectories }) => {
        // A machine with CUDA in its usual place.
        assert.deepEqual(includeDirectories.slice(1), ['/usr/local/cuda/include']);
      },
      (error: unknown) => {
        assert.match(String(error), /cuda_runtime_api\.h\) are missing: .*CUDA_HOME=/);
      },
    );
    await assert.rejects(debianTorch(path), /--from debian: expected libtorch_cpu\.so .*apt-get install libtorch-dev/);
  });
});
