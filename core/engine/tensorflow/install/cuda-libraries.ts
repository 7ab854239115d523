import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Libraries that libtensorflow opens by name while it runs. It looks for them on the system and where Python would have put them; those that
 * the addon itself is linked with are found wherever they lie.
 */
const OPENED_BY_NAME = /^lib(cudart|cublas|cublasLt|cufft|curand|cusolver|cusparse|cudnn|nccl|nvrtc)\.so\.\d+$/;

/** Libraries, and what libtensorflow compiles kernels with where none fits the GPU. */
const WANTED_OF_WHEEL = /^nvidia\/([^/]+\/lib\/[^/]+\.so(\.\d+)*|cuda_nvcc\/(bin\/ptxas|nvvm\/.+))$/;

/**
 * The wheels with CUDA that a wheel of TensorFlow names: its extra `and-cuda`.
 *
 * @param metadata the file METADATA of the wheel
 * @returns requirements as pip takes them: `nvidia-cublas-cu12<13.0,>=12.5.3.2`; none if it is a build for the CPU
 */
export function cudaRequirements(metadata: string): string[] {
  const lines = metadata.matchAll(/^Requires-Dist: *(nvidia-[^;\n]+);(.*)$/gm);
  return [...lines]
    .filter(([, , marker = '']) => /extra == ['"]and-cuda['"]/.test(marker))
    .map(([, requirement = '']) => requirement.replaceAll(/[\s()]/g, ''));
}

/** The directory below `nvidia` that a required wheel unpacks to: cuda_runtime for `nvidia-cuda-runtime-cu12>=12.5`. */
export function cudaDirectoryName(requirement: string): string {
  const [name = ''] = /^[\w-]+/.exec(requirement) ?? [];
  return name
    .replace(/^nvidia-/, '')
    .replace(/-cu\d+$/, '')
    .replaceAll('-', '_');
}

/** Where a file of such a wheel goes below the libraries of the engine; undefined: it is not needed. */
export function placeOfCudaFile(name: string): string | undefined {
  return WANTED_OF_WHEEL.test(name) ? name : undefined;
}

/** The libraries below `nvidia` that an addon must be linked with. @returns their directories and names, relative to `libraries` */
export async function librariesOpenedByName(libraries: string): Promise<{ directory: string; name: string }[]> {
  const found: { directory: string; name: string }[] = [];
  for (const part of (await readdir(join(libraries, 'nvidia')).catch(() => [])).sort()) {
    const directory = join('nvidia', part, 'lib');
    for (const name of (await readdir(join(libraries, directory)).catch(() => [])).sort())
      if (OPENED_BY_NAME.test(name)) found.push({ directory, name });
  }
  return found;
}
