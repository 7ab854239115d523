import { copyFile, cp, mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DomainError, invalidInput } from '../../../errors.js';
import type { LibrarySource } from '../../install/library-source.js';
import { downloadWheels, findPip } from '../../install/pip.js';
import { exists, type Installation } from '../../install/programs.js';
import { readFromWheel, unpackWheel } from '../../install/wheel.js';
import { cudaDirectoryName, cudaRequirements, placeOfCudaFile } from './cuda-libraries.js';
import { PYTHON_EXTENSION } from './python-stand-in.js';

/** The packages of TensorFlow for pip: without CUDA and with. */
export const TENSORFLOW_PACKAGES = ['tensorflow-cpu', 'tensorflow'] as const;
export type TensorflowPackage = (typeof TENSORFLOW_PACKAGES)[number];

/** What an addon is built against. */
export interface TensorflowLibraries {
  /** The file names of the libraries, in `tensorflow` below the directory that was filled. */
  readonly names: readonly string[];
  /** Where `tensorflow/c/c_api.h` is. */
  readonly includeDirectory: string;
}

const METADATA = /^[^/]+\.dist-info\/METADATA$/;
const LIBRARY_OF_WHEEL = /^tensorflow\/(?:python\/)?(libtensorflow[^/]*\.so\.\d+|_pywrap_tensorflow_internal\.so)$/;
const HEADER_OF_WHEEL = /^tensorflow\/include\/((?:tensorflow|tsl|xla)\/.+\.h)$/;
/**
 * What exports the C interface, the best first: libtensorflow_cc in wheels since 2.12, libtensorflow in the archive of the C interface, an
 * extension of Python in wheels before.
 */
const MAIN_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow.so.2', PYTHON_EXTENSION];
const FRAMEWORK_LIBRARY = 'libtensorflow_framework.so.2';
const HEADER = 'tensorflow/c/eager/c_api.h';

/**
 * Fills a directory with the libraries of TensorFlow, laid out as they are in Python's site-packages: `tensorflow/lib….so.2` and, where CUDA
 * comes in wheels, `nvidia/…/lib`.
 *
 * @param scratch an empty directory for what is needed while the addon is built
 */
export async function gatherTensorflow(
  source: LibrarySource,
  packageName: TensorflowPackage,
  directories: { readonly libraries: string; readonly scratch: string },
  installation: Installation,
): Promise<TensorflowLibraries> {
  if (source.kind === 'directory') return copyDirectory(source.path, directories.libraries, installation);
  if (source.kind === 'wheel')
    return unpackWheels(source.path, await wheelsBeside(source.path), directories, installation);
  const pip = await findPip();
  const downloads = join(directories.scratch, 'wheels');
  const requirement = packageName + (source.version === undefined ? '' : `==${source.version}`);
  const [wheel = ''] = await downloadWheels(pip, [requirement], downloads, installation);
  const cuda = packageName === 'tensorflow' ? cudaRequirements(await metadataOf(wheel)) : [];
  const cudaWheels = await downloadWheels(pip, cuda, downloads, installation);
  const gathered = await unpackWheels(wheel, cudaWheels, directories, installation);
  await rm(downloads, { recursive: true });
  return gathered;
}

async function metadataOf(wheel: string): Promise<string> {
  return (await readFromWheel(wheel, METADATA)) ?? '';
}

/** The wheels with CUDA beside a wheel of TensorFlow, as `pip download "tensorflow[and-cuda]"` puts them there. */
async function wheelsBeside(wheel: string): Promise<string[]> {
  const wanted = new Set(cudaRequirements(await metadataOf(wheel)).map(cudaDirectoryName));
  const directory = dirname(wheel);
  return (await readdir(directory))
    .filter((name) => name.endsWith('.whl') && name.startsWith('nvidia_'))
    .filter((name) => wanted.has(cudaDirectoryName((name.split('-')[0] ?? '').replaceAll('_', '-'))))
    .map((name) => join(directory, name));
}

async function unpackWheels(
  wheel: string,
  cudaWheels: readonly string[],
  { libraries, scratch }: { readonly libraries: string; readonly scratch: string },
  { report, signal }: Installation,
): Promise<TensorflowLibraries> {
  report(`unpacking ${basename(wheel)}`);
  const headers = join(scratch, 'include');
  const library = (name: string) => {
    const found = LIBRARY_OF_WHEEL.exec(name)?.[1];
    return found === undefined ? undefined : join('tensorflow', found);
  };
  const header = (name: string) => HEADER_OF_WHEEL.exec(name)?.[1];
  const unpacked = await unpackWheel(wheel, libraries, library, { signal });
  const names = mainAndFramework(
    unpacked.map((path) => basename(path)),
    wheel,
  );
  for (const path of unpacked) if (!names.includes(basename(path))) await rm(join(libraries, path));
  await unpackWheel(wheel, headers, header, { signal });
  const includeDirectory = await checkedHeaders(headers, wheel);
  for (const each of cudaWheels) {
    report(`unpacking ${basename(each)}`);
    await unpackWheel(each, libraries, placeOfCudaFile, { signal });
  }
  return { names, includeDirectory };
}

/** A directory `tensorflow` of Python's site-packages, site-packages itself, or an unpacked archive of libtensorflow. */
async function copyDirectory(path: string, libraries: string, { report }: Installation): Promise<TensorflowLibraries> {
  const layouts = [
    { lib: path, include: join(path, 'include') },
    { lib: join(path, 'tensorflow'), include: join(path, 'tensorflow/include') },
    { lib: join(path, 'lib'), include: join(path, 'include') },
  ];
  for (const { lib, include } of layouts) {
    // The extension of Python lies one directory deeper; the archive's names are links to files with the whole version.
    const present = await readdir(lib).catch((): string[] => []);
    if (!present.includes(FRAMEWORK_LIBRARY)) continue;
    const extension = join(lib, 'python', PYTHON_EXTENSION);
    const names = mainAndFramework((await exists(extension)) ? [...present, PYTHON_EXTENSION] : present, lib);
    const includeDirectory = await checkedHeaders(include, path);
    report(`copying ${names.join(', ')}`);
    await mkdir(join(libraries, 'tensorflow'), { recursive: true });
    for (const name of names) {
      const source = name === PYTHON_EXTENSION ? extension : join(lib, name);
      await copyFile(await realpath(source), join(libraries, 'tensorflow', name));
    }
    await copyCuda(dirname(lib), libraries, report);
    return { names, includeDirectory };
  }
  throw invalidInput(
    '--from',
    `a directory with ${FRAMEWORK_LIBRARY}, as site-packages/tensorflow or an unpacked archive of libtensorflow`,
    path,
  );
}

/** Copies what the installed TensorFlow names of CUDA, if it is a build for CUDA and it is there. */
async function copyCuda(sitePackages: string, libraries: string, report: Installation['report']): Promise<void> {
  const information = (await readdir(sitePackages)).find((name) => /^tensorflow-[^-]+\.dist-info$/.test(name));
  if (information === undefined) return;
  const metadata = await readFile(join(sitePackages, information, 'METADATA'), 'utf8');
  for (const name of cudaRequirements(metadata).map(cudaDirectoryName)) {
    const source = join(sitePackages, 'nvidia', name);
    if (!(await exists(source))) continue;
    report(`copying nvidia/${name}`);
    for (const part of ['lib', 'bin', 'nvvm'])
      if (await exists(join(source, part)))
        await cp(join(source, part), join(libraries, 'nvidia', name, part), { recursive: true, dereference: true });
  }
}

function mainAndFramework(names: readonly string[], where: string): string[] {
  const main = MAIN_LIBRARIES.find((name) => names.includes(name));
  if (main === undefined)
    throw invalidInput('--from', `a TensorFlow with ${MAIN_LIBRARIES.slice(0, 2).join(' or ')}`, where);
  if (!names.includes(FRAMEWORK_LIBRARY)) throw invalidInput('--from', `a TensorFlow with ${FRAMEWORK_LIBRARY}`, where);
  return [main, FRAMEWORK_LIBRARY];
}

async function checkedHeaders(directory: string, where: string): Promise<string> {
  if (await exists(join(directory, HEADER))) return directory;
  throw new DomainError(
    'failed-precondition',
    `--from: expected a TensorFlow with its headers (include/${HEADER}), got ${where}`,
  );
}
