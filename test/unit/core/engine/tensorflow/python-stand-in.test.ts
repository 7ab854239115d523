import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildAddon, findCompiler } from '../../../../../core/engine/install/compiler.js';
import { runProgram } from '../../../../../core/engine/install/programs.js';
import {
  buildPythonStandIn,
  PYTHON_EXTENSION,
  STAND_IN,
} from '../../../../../core/engine/tensorflow/install/python-stand-in.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const quiet = { report: () => undefined };

/** As the extensions of Python are: functions and objects of Python in it, and functions that need none. */
const EXTENSION = `
extern "C" {
  struct Object;
  extern Object PyExc_ValueError, _Py_NoneStruct;
  Object* PyList_New(long);
  Object* errors[] = {&PyExc_ValueError, &_Py_NoneStruct};
  Object* list() { return PyList_New(2); }
  int answer() { return 42; }
}`;
const MODULE = `
#include <node_api.h>
extern "C" int answer();
NAPI_MODULE_INIT() {
  napi_value value;
  napi_create_int32(env, answer(), &value);
  napi_set_named_property(env, exports, "answer", value);
  return exports;
}`;

describe("what stands for Python in TensorFlow's wheels before 2.12", () => {
  const directory = temporaryDirectory();

  it('lets an extension of Python be loaded without', async function () {
    const compiler = await findCompiler().catch((error: unknown) => {
      this.test!.title += ` (skipped: ${(error as Error).message})`;
      return this.skip();
    });
    const [extension, module] = [join(directory(), 'extension.cc'), join(directory(), 'module.cc')];
    await writeFile(extension, EXTENSION);
    await writeFile(module, MODULE);
    // Every symbol is looked up when it is loaded, functions too.
    const args = ['-shared', '-fPIC', '-Wl,-z,now', extension, '-o', join(directory(), PYTHON_EXTENSION)];
    await runProgram({ file: compiler, args, purpose: 'Building the extension' });
    const load = async (libraries: readonly string[], name: string): Promise<unknown> => {
      const output = join(directory(), name);
      const places = { libraryDirectories: [directory()], runtimePaths: ['$ORIGIN'], includeDirectories: [] };
      const named = libraries.map((library) => `:${library}`);
      await buildAddon(compiler, { sources: [module], ...places, libraries: named, standard: 'c++17', output }, quiet);
      return createRequire(import.meta.url)(output) as unknown;
    };
    await assert.rejects(load([PYTHON_EXTENSION], 'without.node'), /undefined symbol: _?Py/);
    await buildPythonStandIn(compiler, directory(), directory(), quiet);
    assert.deepEqual(await load([STAND_IN, PYTHON_EXTENSION], 'with.node'), { answer: 42 });
  });
});
