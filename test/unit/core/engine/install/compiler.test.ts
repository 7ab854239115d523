import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readdir, writeFile } from 'node:fs/promises';
import { buildAddon, findCompiler, type Addon } from '../../../../../core/engine/install/compiler.js';
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
});
