import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomainError, messageOf } from '../../../errors.js';
import { exists } from '../../install/programs.js';

const BASIC_HEADER = 'cuda_runtime_api.h';

/** Which of NVIDIA's wheels have which headers; from CUDA 13 on, the first two are not among those that libtorch depends on. */
const PACKAGES: readonly (readonly [headers: RegExp, wheel: string])[] = [
  [/^crt\//, 'nvidia-cuda-crt'],
  [/^(nv|cuda|cub|thrust)\//, 'nvidia-cuda-cccl'],
  [/^cublas/, 'nvidia-cublas'],
  [/^cusparseLt/, 'nvidia-cusparselt'],
  [/^cusparse/, 'nvidia-cusparse'],
  [/^cusolver/, 'nvidia-cusolver'],
  [/^cudnn/, 'nvidia-cudnn'],
  [/^nccl/, 'nvidia-nccl'],
  [/^cufft/, 'nvidia-cufft'],
  [/^curand/, 'nvidia-curand'],
  [/^nvrtc/, 'nvidia-cuda-nvrtc'],
  [/^(nvtx|nvToolsExt)/, 'nvidia-nvtx'],
  [/^(cuda|driver_types|vector_types|builtin_types|library_types)/, 'nvidia-cuda-runtime'],
];

/**
 * Every directory where headers of CUDA may be: those of all wheels first, then of the installed toolkit, which supplies what the wheels leave out.
 *
 * @param root a directory with `nvidia/…/include`, as site-packages
 * @throws DomainError `failed-precondition` if none has the header that all others need
 */
export async function cudaIncludeDirectories(root: string): Promise<readonly string[]> {
  const parts = await readdir(join(root, 'nvidia')).catch((): string[] => []);
  const candidates = [
    ...parts.sort().map((part) => join(root, 'nvidia', part, 'include')),
    ...[process.env['CUDA_HOME'] ?? '', '/usr/local/cuda']
      .filter((each) => each !== '')
      .map((each) => join(each, 'include')),
  ];
  const directories: string[] = [];
  // CUDA 13 keeps its C++ library one level further down.
  for (const candidate of new Set(candidates.flatMap((each) => [each, join(each, 'cccl')])))
    if (await exists(candidate)) directories.push(candidate);
  for (const directory of directories) if (await exists(join(directory, BASIC_HEADER))) return directories;
  throw new DomainError('failed-precondition', explanation(BASIC_HEADER));
}

/** NVIDIA's wheels of headers alone, which pip does not bring with libtorch. @returns requirements as pip takes them */
export function headerRequirements(wheels: readonly string[]): readonly string[] {
  const runtime = wheels.map((wheel) => /^nvidia_cuda_runtime-(\d+\.\d+)\./.exec(basename(wheel))?.[1]);
  const version = runtime.find((each) => each !== undefined);
  return version === undefined ? [] : ['nvidia-cuda-crt', 'nvidia-cuda-cccl'].map((name) => `${name}==${version}.*`);
}

/** What a compiler's failure says about a header of CUDA that it did not find, and which package has it; undefined if it failed otherwise. */
export function missingHeader(failure: unknown): string | undefined {
  const text = messageOf(failure);
  const header = /fatal error: '?([^\s':]+)'?(?:: No such file or directory| file not found)/.exec(text)?.[1];
  return header !== undefined && packageOf(header) !== undefined ? explanation(header) : undefined;
}

function explanation(header: string): string {
  const wheel = packageOf(header) ?? '';
  return `this libtorch is built for CUDA, and the header ${header} is missing: the wheel ${wheel} has it (put it beside the wheel of torch; its name may end in the version of CUDA, as -cu12), and so does the whole CUDA toolkit (install it, or name it with CUDA_HOME=); or take a libtorch for the CPU`;
}

function packageOf(header: string): string | undefined {
  return PACKAGES.find(([headers]) => headers.test(header))?.[1];
}
