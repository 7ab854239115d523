import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomainError, messageOf } from '../../../errors.js';
import { runProgram, type Installation } from '../../install/programs.js';
import { missingHeader } from './cuda-headers.js';
import type { TorchLibraries } from './found-libraries.js';

/** What connects processes: the library that must hold it, what proves that, the source that uses it, and the macro that says so. */
const CONNECTIONS = [
  {
    name: 'Gloo',
    library: 'libtorch_cpu.so',
    symbol: 'c10d16ProcessGroupGloo9allreduce',
    source: 'gloo-backend.cpp',
    macro: '-DMAXMARGIN_GLOO',
  },
  {
    name: 'NCCL',
    library: 'libtorch_cuda.so',
    symbol: 'c10d16ProcessGroupNCCL9allreduce',
    source: 'nccl-backend.cpp',
    macro: '-DMAXMARGIN_NCCL',
  },
] as const;

/** A compilation like that of the addon itself. */
export interface Trial {
  readonly compiler: string;
  /** Of the addon's sources. */
  readonly sources: string;
  readonly includeDirectories: readonly string[];
  readonly flags: readonly string[];
}

/**
 * The compiler's flags for training in several processes, as far as this libtorch supports it: not every build of it holds Gloo or NCCL, or has the
 * headers. Without them the addon is built all the same, and says so once processes want to train together.
 */
export async function processFlags(torch: TorchLibraries, trial: Trial, installation: Installation): Promise<string[]> {
  const processes = join(trial.sources, 'processes');
  const common = ['-idirafter', join(processes, 'gloo-stand-in')];
  const macros: string[] = [];
  for (const { name, library, symbol, source, macro } of CONNECTIONS) {
    if (!(await holds(join(torch.libraryDirectory, library), symbol))) continue;
    const file = join(processes, source);
    const failure = await failureOf(file, { ...trial, flags: [...trial.flags, ...common, macro] }, installation);
    if (failure === undefined) macros.push(macro);
    else installation.report(`leaving out ${name}: ${missingHeader(failure) ?? messageOf(failure).trim()}`);
  }
  return [...common, ...macros];
}

/** What the compiler says against a source, which it only reads; undefined: nothing. */
async function failureOf(file: string, trial: Trial, { signal }: Installation): Promise<unknown> {
  const includes = trial.includeDirectories.map((directory) => `-I${directory}`);
  const args = [...trial.flags, ...includes, '-fsyntax-only', file];
  return runProgram({ file: trial.compiler, args, purpose: `Compiling ${basename(file)}`, signal }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof DomainError && error.kind === 'cancelled') throw error;
      return error;
    },
  );
}

/** Whether a file is there and has these characters; a part of it is in memory at a time, since libraries have hundreds of megabytes. */
async function holds(path: string, characters: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    let end = '';
    for await (const chunk of file.createReadStream({ autoClose: false, encoding: 'latin1', highWaterMark: 1 << 20 })) {
      const text = end + String(chunk);
      if (text.includes(characters)) return true;
      end = text.slice(-characters.length);
    }
    return false;
  } finally {
    await file.close();
  }
}
