import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { headerRequirements, missingHeader } from '../../../../../core/engine/torch/install/cuda-headers.js';
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
/** A machine with CUDA in its usual place adds that. */
const withoutToolkit = (directories: readonly string[]): string[] =>
  directories.filter((directory) => !directory.startsWith('/usr/local/cuda'));
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
    assert.deepEqual(withoutToolkit(torch.includeDirectories), [
      join(scratch, 'torch/include'),
      join(scratch, 'nvidia/cu13/include'),
    ]);
    assert.ok(await hasNewStrings(torch));
  });

  it('have the headers of CUDA in all wheels and in the toolkit together, the wheels first', async () => {
    const root = join(directory(), 'site-packages');
    const toolkit = join(directory(), 'toolkit');
    await place(root, {
      ...CUDA_WHEEL,
      'nvidia/cu13/include/cusparse.h': '',
      'nvidia/cu13/include/cccl/nv/target': '',
      'nvidia/nccl/include/nccl.h': '',
      'nvidia/nccl/lib/libnccl.so.2': '',
      'nvidia/nvshmem/lib/libnvshmem_host.so.3': '',
    });
    await place(toolkit, { 'include/cuda_runtime_api.h': '', 'include/crt/host_config.h': '' });
    const gathered = await withVariables({ CUDA_HOME: toolkit }, () => gather({ kind: 'directory', path: root }));
    assert.deepEqual(withoutToolkit(gathered.includeDirectories), [
      join(root, 'torch/include'),
      join(root, 'nvidia/cu13/include'),
      join(root, 'nvidia/cu13/include/cccl'),
      join(root, 'nvidia/nccl/include'),
      join(toolkit, 'include'),
    ]);
  });

  it('of CUDA 13 need two more wheels, which pip does not bring with them', () => {
    const wheels = ['/w/torch-2.14.1-cp312.whl', '/w/nvidia_cuda_runtime-13.0.96-py3-none-x.whl'];
    assert.deepEqual(headerRequirements(wheels), ['nvidia-cuda-crt==13.0.*', 'nvidia-cuda-cccl==13.0.*']);
    assert.deepEqual(headerRequirements(['/w/nvidia_cuda_runtime_cu12-12.8.90-py3-none-x.whl']), []);
  });

  for (const [compiler, said] of [
    ['GCC', 'a.cpp:1:10: fatal error: cusparse.h: No such file or directory'],
    ['Clang', "a.cpp:1:10: fatal error: 'cusparse.h' file not found"],
  ] as const)
    it(`name the header that ${compiler} does not find, and the package that has it`, () => {
      assert.match(
        missingHeader(new Error(said)) ?? '',
        /the header cusparse\.h is missing: the wheel nvidia-cusparse has it/,
      );
    });

  it('explain no other failure of a compiler', () => {
    for (const said of ['a.cpp:1:10: fatal error: mine.h: No such file or directory', 'error: expected ;'])
      assert.equal(missingHeader(new Error(said)), undefined);
    const packages = [
      ['crt/host_config.h', 'nvidia-cuda-crt'],
      ['nv/target', 'nvidia-cuda-cccl'],
      ['nccl.h', 'nvidia-nccl'],
      ['cublas_v2.h', 'nvidia-cublas'],
      ['cudnn.h', 'nvidia-cudnn'],
      ['cusolverDn.h', 'nvidia-cusolver'],
      ['driver_types.h', 'nvidia-cuda-runtime'],
    ] as const;
    for (const [header, wheel] of packages)
      assert.match(
        missingHeader(new Error(`fatal error: ${header}: No such file or directory`)) ?? '',
        new RegExp(`wheel ${wheel} has`),
      );
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
    await withVariables({ CUDA_HOME: directory() }, () => gather({ kind: 'directory', path })).then(
      ({ includeDirectories }) => {
        assert.equal(includeDirectories[1], '/usr/local/cuda/include');
      },
      (error: unknown) => {
        assert.match(
          String(error),
          /the header cuda_runtime_api\.h is missing: the wheel nvidia-cuda-runtime has it .*CUDA_HOME=/,
        );
      },
    );
    await assert.rejects(debianTorch(path), /--from debian: expected libtorch_cpu\.so .*apt-get install libtorch-dev/);
  });
});
