import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { DomainError } from '../../../errors.js';
import { buildAddon, findCompiler } from '../../install/compiler.js';
import { installDirectory } from '../../install/install-directory.js';
import { parseLibrarySource } from '../../install/library-source.js';
import { exists, type Installation } from '../../install/programs.js';
import { verifyEngine, type Verification } from '../../install/verify-engine.js';
import { ADDON_FILE, DIRECTORY_VARIABLE, loadTorchAddon, missingGpu, type TorchDevice } from '../addon-binding.js';
import { ADDON_SOURCES, DIGEST_FILE, sourcesDigest } from '../addon-sources.js';
import { missingHeader } from './cuda-headers.js';
import { processFlags } from './process-flags.js';
import type { TorchLibraries } from './found-libraries.js';
import { gatherTorch, hasNewStrings, type TorchSource } from './torch-libraries.js';

/** Which libtorch, and where the engine goes. */
export interface TorchInstallation extends Installation {
  /** `debian`, or see parseLibrarySource. */
  readonly from: string;
  /** openTorch looks in engineDirectory('torch'). */
  readonly place: string;
}

/** What was built. */
export interface TorchVerification extends Verification {
  /** Every device that it sees. */
  readonly devices: readonly TorchDevice[];
  /** See {@link missingGpu}. */
  readonly missingGpu?: string;
}

/**
 * Builds the addon against a libtorch, verifies it by a small training, and puts it in its place, with copies of the libraries if they came in
 * wheels.
 *
 * @throws DomainError saying what is missing or what failed; nothing is left behind then, and what was in the place before stays
 */
export async function installTorch(options: TorchInstallation): Promise<TorchVerification> {
  const source: TorchSource = options.from === 'debian' ? { kind: 'debian' } : await parseLibrarySource(options.from);
  const compiler = await findCompiler();
  const verified = await installDirectory(options.place, async (engine) => {
    const [libraries, scratch] = [join(engine, 'libraries'), join(engine, 'scratch')];
    for (const directory of [libraries, scratch]) await mkdir(directory);
    const torch = await gatherTorch(source, { libraries, scratch }, options);
    // Read before they are compiled: if they change meanwhile, the addon counts as stale.
    const digest = sourcesDigest() ?? '';
    await buildTorchAddon(compiler, engine, torch, options);
    await writeFile(join(engine, DIGEST_FILE), `${digest}\n`);
    await rm(scratch, { recursive: true });
    return verifyEngine('torch', { [DIRECTORY_VARIABLE]: engine }, options);
  });
  const addon = loadTorchAddon(options.place);
  const reason = missingGpu(addon);
  return { ...verified, devices: addon.devices(), ...(reason !== undefined && { missingGpu: reason }) };
}

async function buildTorchAddon(
  compiler: string,
  engine: string,
  torch: TorchLibraries,
  installation: Installation,
): Promise<void> {
  const { libraryDirectory, headers, includeDirectories } = torch;
  const cuda = await exists(join(libraryDirectory, 'libtorch_cuda.so'));
  const copied = libraryDirectory.startsWith(engine);
  const allIncludes = [nodeAddonApi(), ...includeDirectories, join(headers, 'torch/csrc/api/include')];
  const standard = await standardOf(torch);
  const flags = [
    '-O3',
    '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL',
    `-D_GLIBCXX_USE_CXX11_ABI=${(await hasNewStrings(torch)) ? 1 : 0}`,
    ...(cuda ? ['-DMAXMARGIN_CUDA'] : []),
    ...parallelFlags(compiler),
  ];
  const trial = {
    compiler,
    sources: ADDON_SOURCES,
    includeDirectories: allIncludes,
    flags: [`-std=${standard}`, ...flags],
  };
  await buildAddon(
    compiler,
    {
      sources: await sourcesIn(ADDON_SOURCES),
      includeDirectories: allIncludes,
      libraryDirectories: [libraryDirectory],
      libraries: ['torch', 'torch_cpu', 'c10', ...(cuda ? ['torch_cuda', 'c10_cuda'] : [])],
      runtimePaths: [copied ? `$ORIGIN/${relative(engine, libraryDirectory)}` : libraryDirectory],
      standard,
      flags: [...flags, ...(await processFlags(torch, trial, installation))],
      output: join(engine, ADDON_FILE),
    },
    installation,
  ).catch((failure: unknown) => {
    const missing = missingHeader(failure);
    throw missing === undefined ? failure : new DomainError('failed-precondition', missing, { cause: failure });
  });
}

/**
 * libtorch's loops over threads are inlined into whoever uses them, by OpenMP as GCC does it. The flag is for compiling alone: linked with it, the
 * addon would bring a second OpenMP beside libtorch's, with threads of its own. Clang's OpenMP is another one: with it the loops have one thread.
 */
const parallelFlags = (compiler: string): string[] => (basename(compiler).includes('clang') ? [] : ['-fopenmp']);

/** What the headers are written in: C++20 from libtorch 2.10 on. */
async function standardOf({ headers }: TorchLibraries): Promise<'c++17' | 'c++20'> {
  const files = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h'];
  const texts = files.map((name) => readFile(join(headers, name), 'utf8'));
  const text = (await Promise.all(texts.map((read) => read.catch(() => '')))).join();
  const [major = 0, minor = 0] = ['MAJOR', 'MINOR'].map((part) =>
    Number(new RegExp(`TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1] ?? 0),
  );
  return major > 2 || (major === 2 && minor >= 10) ? 'c++20' : 'c++17';
}

async function sourcesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true });
  return names.filter((name) => name.endsWith('.cpp')).map((name) => join(directory, name));
}

function nodeAddonApi(): string {
  return dirname(createRequire(import.meta.url).resolve('node-addon-api/package.json'));
}
