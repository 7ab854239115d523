import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DomainError } from '../../../errors.js';
import type { LibrarySource } from '../../install/library-source.js';
import { downloadWheels, findPip } from '../../install/pip.js';
import { exists, type Installation } from '../../install/programs.js';
import { unpackWheel } from '../../install/wheel.js';
import { debianTorch } from './debian-torch.js';
import { cudaIncludeDirectories, headerRequirements } from './cuda-headers.js';
import type { TorchLibraries } from './found-libraries.js';

/** Where libtorch comes from: as for every engine, or Debian's package. */
export type TorchSource = LibrarySource | { readonly kind: 'debian' };

const HEADER = 'ATen/ATen.h';
const CORE_LIBRARY = 'libtorch_cpu.so';
/** Libraries without those that only Python and the library's own tests load. */
const WANTED_LIBRARY =
  /^torch\/lib\/(?!lib(torch_python|shm|.*test|backend_with_compiler|torchbind|aoti)[^/]*)[^/]+\.so[^/]*$/;
const WANTED_HEADER = /^torch\/include\/.+\.(h|hpp|cuh|inc)$/;
const CUDA_LIBRARY = /^nvidia\/.+\/lib\/[^/]+\.so[^/]*$/;
const CUDA_HEADER = /^nvidia\/.+\/include\/.+$/;

/**
 * Finds libtorch, or fills a directory with it, laid out as in Python's site-packages: `torch/lib` and, where CUDA comes in wheels of its own,
 * `nvidia/…/lib`, where libtorch looks for it.
 *
 * @param scratch an empty directory for what is needed while the addon is built
 */
export async function gatherTorch(
  source: TorchSource,
  directories: { readonly libraries: string; readonly scratch: string },
  installation: Installation,
): Promise<TorchLibraries> {
  switch (source.kind) {
    case 'debian':
      return debianTorch();
    case 'directory':
      return torchIn(source.path);
    case 'wheel':
      return unpackWheels(source.path, await cudaWheelsBeside(source.path), directories, installation);
    case 'pip':
      return downloadTorch(source.version, directories, installation);
  }
}

/** A directory `torch` of Python's site-packages, site-packages itself, or an unpacked archive of libtorch: used where it is. */
async function torchIn(path: string): Promise<TorchLibraries> {
  for (const root of [path, join(path, 'torch'), join(path, 'libtorch')])
    if (await exists(join(root, 'lib', CORE_LIBRARY)))
      return librariesIn(join(root, 'lib'), join(root, 'include'), dirname(root), path);
  throw new DomainError(
    'failed-precondition',
    `--from: expected a directory with lib/${CORE_LIBRARY}, as site-packages/torch or an unpacked archive of libtorch, got ${path}`,
  );
}

async function downloadTorch(
  version: string | undefined,
  directories: { readonly libraries: string; readonly scratch: string },
  installation: Installation,
): Promise<TorchLibraries> {
  const pip = await findPip();
  const downloads = join(directories.scratch, 'wheels');
  const requirement = version === undefined ? 'torch' : `torch==${version}`;
  // With what it depends on: that is where the CUDA of this version is named.
  const wheels = await downloadWheels(pip, [requirement], downloads, installation, { dependencies: true });
  const torch = wheels.find((wheel) => basename(wheel).startsWith('torch-')) ?? '';
  // An installed toolkit may have these headers, too: what fails to download is told of only if the compiler misses it.
  const headers = await downloadWheels(pip, headerRequirements(wheels), downloads, installation).catch(
    (error: unknown) => {
      if (installation.signal?.aborted === true) throw error;
      return [];
    },
  );
  const gathered = await unpackWheels(torch, [...wheels, ...headers].filter(isCudaWheel), directories, installation);
  await rm(downloads, { recursive: true });
  return gathered;
}

const isCudaWheel = (path: string): boolean => basename(path).startsWith('nvidia_') && path.endsWith('.whl');

/** The wheels with CUDA beside a wheel of torch, as `pip download torch` puts them there. */
async function cudaWheelsBeside(wheel: string): Promise<string[]> {
  if (/\+cpu/.test(basename(wheel))) return [];
  const directory = dirname(wheel);
  return (await readdir(directory)).map((name) => join(directory, name)).filter(isCudaWheel);
}

async function unpackWheels(
  wheel: string,
  cudaWheels: readonly string[],
  { libraries, scratch }: { readonly libraries: string; readonly scratch: string },
  { report, signal }: Installation,
): Promise<TorchLibraries> {
  const place = (pattern: RegExp) => (name: string) => (pattern.test(name) ? name : undefined);
  report(`unpacking ${basename(wheel)}`);
  await unpackWheel(wheel, libraries, place(WANTED_LIBRARY), { signal });
  await unpackWheel(wheel, scratch, place(WANTED_HEADER), { signal });
  for (const each of cudaWheels) {
    report(`unpacking ${basename(each)}`);
    await unpackWheel(each, libraries, place(CUDA_LIBRARY), { signal });
    await unpackWheel(each, scratch, place(CUDA_HEADER), { signal });
  }
  return librariesIn(join(libraries, 'torch/lib'), join(scratch, 'torch/include'), scratch, wheel);
}

/** Checks what was found. @param cudaRoot where `nvidia/…/include` may be */
async function librariesIn(lib: string, include: string, cudaRoot: string, where: string): Promise<TorchLibraries> {
  if (!(await exists(join(include, HEADER))))
    throw new DomainError(
      'failed-precondition',
      `--from: expected a libtorch with its headers (include/${HEADER}), got ${where}`,
    );
  const cuda = (await exists(join(lib, 'libtorch_cuda.so'))) ? await cudaIncludeDirectories(cudaRoot) : [];
  return { libraryDirectory: lib, headers: include, includeDirectories: [include, ...cuda] };
}

/**
 * Whether libtorch was compiled with GNU's newer layout of std::string: older wheels were not, and code of the two kinds does not link.
 */
export async function hasNewStrings({ libraryDirectory }: TorchLibraries): Promise<boolean> {
  return (await readFile(join(libraryDirectory, 'libc10.so'))).includes('__cxx11');
}
