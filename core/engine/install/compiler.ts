import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mkdir, rm } from 'node:fs/promises';
import { DomainError } from '../../errors.js';
import { findProgram, runProgram, type Installation } from './programs.js';

/** What Node-API offers in every Node ≥ 20; an addon built against it loads in later ones too. */
const NODE_API_VERSION = 8;

/** A Node-API addon to build. */
export interface Addon {
  readonly sources: readonly string[];
  /** Directories of headers, beside those of Node-API. */
  readonly includeDirectories: readonly string[];
  readonly libraryDirectories: readonly string[];
  /** Libraries by name or by file: `tensorflow_framework`, or `:libtensorflow_cc.so.2`. */
  readonly libraries: readonly string[];
  /** Where the addon looks for its libraries when it is loaded; `$ORIGIN` is its own directory. */
  readonly runtimePaths: readonly string[];
  readonly standard: 'c++17' | 'c++20';
  /** Further flags of the compiler. */
  readonly flags?: readonly string[];
  /** Where the addon goes. */
  readonly output: string;
}

/** A C++ compiler: what CXX names, else g++ or clang++. @throws DomainError `failed-precondition` if there is none */
export async function findCompiler(): Promise<string> {
  const chosen = process.env['CXX'];
  const names = chosen === undefined || chosen === '' ? ['g++', 'clang++', 'c++'] : [chosen];
  const found = await findProgram(names);
  if (found !== undefined) return found;
  const looked = names.length === 1 ? `CXX=${names[0] ?? ''} is no program` : `none of ${names.join(', ')} is in PATH`;
  throw new DomainError(
    'failed-precondition',
    `the C++ compiler is missing: ${looked}. Install one (Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++) or name it with CXX=`,
  );
}

/** Compiles the sources side by side and links them. @throws DomainError `failed-precondition` with what the compiler says */
export async function buildAddon(compiler: string, addon: Addon, { report, signal }: Installation): Promise<void> {
  await mkdir(dirname(addon.output), { recursive: true });
  const sources = addon.sources.map((source, i) => ({ source, object: `${addon.output}.${i}.o` }));
  const compile = ({ source, object }: { source: string; object: string }): Promise<string> => {
    report(`compiling ${basename(source)}`);
    const args = [...compilerFlags(addon), '-c', source, '-o', object];
    return runProgram({ file: compiler, args, purpose: `Compiling ${basename(source)}`, signal });
  };
  const queue = [...sources];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await compile(next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  report(`linking ${basename(addon.output)}`);
  const objects = sources.map(({ object }) => object);
  const purpose = `Linking ${basename(addon.output)}`;
  await runProgram({ file: compiler, args: linkerArguments(addon, objects), purpose, signal });
  for (const object of objects) await rm(object);
}

function compilerFlags({ standard, includeDirectories, flags = [] }: Addon): string[] {
  const includes = [nodeApiHeaders(), ...includeDirectories].map((directory) => `-I${directory}`);
  return [`-std=${standard}`, '-O2', '-fPIC', `-DNAPI_VERSION=${NODE_API_VERSION}`, ...includes, ...flags];
}

function linkerArguments(addon: Addon, objects: readonly string[]): string[] {
  return [
    '-shared',
    ...objects,
    ...addon.libraryDirectories.map((directory) => `-L${directory}`),
    // Some distributions' compilers leave out libraries that no symbol asks for; CUDA's are opened by name, once they are there.
    '-Wl,--no-as-needed',
    ...addon.libraries.map((library) => `-l${library}`),
    ...addon.runtimePaths.map((path) => `-Wl,-rpath,${path}`),
    '-o',
    addon.output,
  ];
}

/** node-api-headers declares the same interface as Node's own headers, which not every installation of Node has. */
function nodeApiHeaders(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('node-api-headers')), 'include');
}
