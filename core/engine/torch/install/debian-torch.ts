import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../../errors.js';
import type { TorchLibraries } from './found-libraries.js';

/** Debian's names of processor architectures, as directories of libraries are called. */
const MULTIARCH: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** libtorch as Debian's package libtorch-dev installs it. @throws DomainError `failed-precondition` if it does not stand there */
export async function debianTorch(root = '/'): Promise<TorchLibraries> {
  const libraryDirectory = join(root, 'usr/lib', MULTIARCH[process.arch] ?? '');
  const include = join(root, 'usr/include');
  try {
    await access(join(libraryDirectory, 'libtorch_cpu.so'));
    await access(join(include, 'ATen/ATen.h'));
  } catch (cause) {
    throw new DomainError(
      'failed-precondition',
      `--from debian: expected libtorch_cpu.so in ${libraryDirectory} and ATen/ATen.h in ${include}; install them with apt-get install libtorch-dev`,
      { cause },
    );
  }
  // The compiler looks in /usr/include by itself, and in the right order; naming it would disturb the C++ library's own headers.
  return { libraryDirectory, headers: include, includeDirectories: root === '/' ? [] : [include] };
}
