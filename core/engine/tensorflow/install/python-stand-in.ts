import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../../errors.js';
import { findProgram, runProgram, type Installation } from '../../install/programs.js';

/** The library with all of TensorFlow in wheels before 2.12: an extension of Python, which exports the C interface, too. */
export const PYTHON_EXTENSION = '_pywrap_tensorflow_internal.so';

/** What takes Python's place beside it. */
export const STAND_IN = 'libpython-stand-in.so';

/** More than any of Python's objects takes. */
const OBJECT_BYTES = 4096;

/**
 * Builds a library that defines what an extension expects of Python, as zeros, so that it can be loaded without: nothing of it is used
 * behind the C interface, but the loader wants every name.
 *
 * @param directory where the extension is and the library goes
 * @throws DomainError `failed-precondition` if nm, which comes with a compiler, is missing or fails
 */
export async function buildPythonStandIn(
  compiler: string,
  directory: string,
  scratch: string,
  { report, signal }: Installation,
): Promise<void> {
  report(`building ${STAND_IN}`);
  const nm = await findProgram(['nm', 'llvm-nm']);
  if (nm === undefined)
    throw new DomainError(
      'failed-precondition',
      'nm is missing: it is not in PATH. Install it (apt-get install binutils)',
    );
  const listed = await runProgram({
    file: nm,
    args: ['--dynamic', '--undefined-only', join(directory, PYTHON_EXTENSION)],
    purpose: `Listing the symbols of ${PYTHON_EXTENSION}`,
    signal,
  });
  const names = new Set(Array.from(listed.matchAll(/ (_?Py\w+)(?:@\S+)?$/gm), ([, name]) => name));
  const source = join(scratch, 'python-stand-in.cc');
  const objects = [...names].map((name) => `alignas(64) char ${name ?? ''}[${OBJECT_BYTES}];\n`);
  await writeFile(source, `extern "C" {\n${objects.join('')}}\n`);
  const args = ['-shared', '-fPIC', source, `-Wl,-soname,${STAND_IN}`, '-o', join(directory, STAND_IN)];
  await runProgram({ file: compiler, args, purpose: `Building ${STAND_IN}`, signal });
}
