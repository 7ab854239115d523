import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../errors.js';
import { findProgram, runProgram, type Installation } from './programs.js';

/**
 * Wheels are named for a version of Python, but the libraries in them are the same for all: where there is none for pip's own Python, one
 * for another will do. Newest first; older versions of a package have wheels for the older ones only.
 */
const PYTHON_VERSIONS = ['3.13', '3.12', '3.11', '3.10', '3.9', '3.8'];
const NO_MATCH = /No matching distribution found/;

/** A way to run pip. */
export interface Pip {
  readonly file: string;
  readonly args: readonly string[];
}

/** pip as a program or as a module of Python. @throws DomainError `failed-precondition` if there is none that runs */
export async function findPip(): Promise<Pip> {
  const ways = [
    { names: ['pip3', 'pip'], args: [] },
    { names: ['python3', 'python'], args: ['-m', 'pip'] },
  ];
  for (const { names, args } of ways) {
    const file = await findProgram(names);
    if (file !== undefined && (await runs({ file, args }))) return { file, args };
  }
  throw new DomainError(
    'failed-precondition',
    'pip is missing: none of pip3, pip, python3 -m pip runs. Install it (Debian and Ubuntu: apt-get install python3-pip), or name a wheel file or a directory with --from; pip only downloads, nothing needs Python afterwards',
  );
}

async function runs({ file, args }: Pip): Promise<boolean> {
  return runProgram({ file, args: [...args, '--version'], purpose: 'pip' }).then(
    () => true,
    () => false,
  );
}

/**
 * Downloads wheels from where pip is configured to look.
 *
 * @param requirements what pip calls requirements: `tensorflow-cpu==2.16.1`, `nvidia-cublas-cu12<13,>=12.5`
 * @param options dependencies: also what they depend on, which is left out otherwise
 * @returns the paths of the wheels
 * @throws DomainError `failed-precondition` with pip's last lines if one cannot be had
 */
export async function downloadWheels(
  pip: Pip,
  requirements: readonly string[],
  directory: string,
  { report, signal }: Installation,
  { dependencies = false }: { readonly dependencies?: boolean } = {},
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const before = new Set(await wheelsIn(directory));
  const download = (requirement: string, more: readonly string[]): Promise<string> =>
    runProgram({
      file: pip.file,
      args: [
        ...pip.args,
        ...['download', '--only-binary=:all:', '--dest', directory, '--disable-pip-version-check'],
        ...(dependencies ? [] : ['--no-deps']),
        ...more,
        requirement,
      ],
      purpose: `pip download ${requirement}`,
      signal,
    });
  for (const requirement of requirements) {
    report(`pip download ${requirement}`);
    await download(requirement, []).catch(async (error: unknown) => {
      if (!(error instanceof DomainError) || !NO_MATCH.test(error.message)) throw error;
      await firstOf(PYTHON_VERSIONS, (version) => download(requirement, ['--python-version', version])).catch(() => {
        throw error;
      });
    });
  }
  return (await wheelsIn(directory)).filter((wheel) => !before.has(wheel));
}

/** What the first alternative gives that does not fail. @throws what the last one threw */
async function firstOf<T, R>(alternatives: readonly T[], attempt: (alternative: T) => Promise<R>): Promise<R> {
  const [first, ...others] = alternatives as readonly [T, ...T[]];
  return attempt(first).catch((error: unknown) => {
    if (others.length === 0) throw error;
    return firstOf(others, attempt);
  });
}

async function wheelsIn(directory: string): Promise<string[]> {
  return (await readdir(directory))
    .filter((name) => name.endsWith('.whl'))
    .sort()
    .map((name) => join(directory, name));
}
