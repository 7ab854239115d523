import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readdir, writeFile } from 'node:fs/promises';
import { buildAddon, findCompiler, type Addon } from '../../../../../core/engine/install/compiler.js';
import { runProgram } from '../../../../../core/engine/install/programs.js';
import { withVariables, writeScript } from '../../../../support/environment.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const quiet = { report: () => undefined };

describe('the C++ compiler', () => {
  const directory = temporaryDirectory();

  it('is what CXX names, else g++ in PATH, and without either the error says what to do', async () => {
    const own = await writeScript(directory(), 'my-compiler', 'exit 0');
    const found = await writeScript(directory(), 'g++', 'exit 0');
    const path = { PATH: directory() };
    assert.equal(await withVariables({ ...path, CXX: own }, findCompiler), own);
    assert.equal(await withVariables({ ...path, CXX: undefined }, findCompiler), found);
    const empty = { PATH: join(directory(), 'nothing') };
    await assert.rejects(
      withVariables({ ...empty, CXX: undefined }, findCompiler),
      /C\+\+ compiler is missing.*apt-get install g\+\+/,
    );
    await assert.rejects(withVariables({ ...empty, CXX: 'icpx' }, findCompiler), /CXX=icpx is no program/);
  });

  it('builds an addon of Node-API from several sources, and repeats what the compiler says', async function () {
    const compiler = await findCompiler().catch((error: unknown) => {
      this.test!.title += ` (skipped: ${(error as Error).message})`;
      return this.skip();
    });
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory(), name), text);
      return join(directory(), name);
    };
    const answer = await write('answer.cc', 'int answer() { return 42; }\n');
    const module = await write(
      'module.cc',
      `#include <node_api.h>
      int answer();
      NAPI_MODULE_INIT() {
        napi_value value;
        napi_create_int32(env, answer(), &value);
        napi_set_named_property(env, exports, "answer", value);
        return exports;
      }\n`,
    );
    const addon: Addon = {
      sources: [answer, module],
      includeDirectories: [],
      libraryDirectories: [],
      libraries: [],
      runtimePaths: ['$ORIGIN'],
      standard: 'c++17',
      output: join(directory(), 'out/answer.node'),
    };
    await buildAddon(compiler, addon, quiet);
    assert.deepEqual(createRequire(import.meta.url)(addon.output), { answer: 42 });
    assert.deepEqual(await readdir(join(directory(), 'out')), ['answer.node']);
    const broken = { ...addon, sources: [await write('broken.cc', 'int f( {\n')] };
    await assert.rejects(buildAddon(compiler, broken, quiet), /Compiling broken\.cc failed.*\n?.*broken\.cc:1/s);
  });

  it('links libraries that are there for others to find, too', async function () {
    const compiler = await findCompiler().catch((error: unknown) => {
      this.test!.title += ` (skipped: ${(error as Error).message})`;
      return this.skip();
    });
    const source = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory(), name), text);
      return join(directory(), name);
    };
    const library = join(directory(), 'libothers.so.1');
    const others = await source(
      'others.cc',
      '#include <stdlib.h>\n__attribute__((constructor)) static void loaded() { setenv("OTHERS", "loaded", 1); }\n',
    );
    await runProgram({
      file: compiler,
      args: ['-shared', '-fPIC', others, '-o', library],
      purpose: 'Building a library',
    });
    const module = await source(
      'module.cc',
      `#include <node_api.h>
      #include <stdlib.h>
      NAPI_MODULE_INIT() {
        napi_value value;
        napi_get_boolean(env, getenv("OTHERS") != nullptr, &value);
        napi_set_named_property(env, exports, "loaded", value);
        return exports;
      }\n`,
    );
    const output = join(directory(), 'addon.node');
    const linked = { libraryDirectories: [directory()], libraries: [':libothers.so.1'], runtimePaths: ['$ORIGIN'] };
    await buildAddon(
      compiler,
      { sources: [module], includeDirectories: [], ...linked, standard: 'c++17', output },
      quiet,
    );
    assert.deepEqual(createRequire(import.meta.url)(output), { loaded: true });
  });
});
