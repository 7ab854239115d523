import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadTorchAddon } from '../../core/engine/torch/addon-binding.js';
import { messageOf } from '../../core/errors.js';

const run = promisify(execFile);
const MOCHA = join(import.meta.dirname, '../../../node_modules/mocha/bin/mocha.js');
const UNIT = join(import.meta.dirname, '../unit');

/** The files of tests that open whichever engine they are told to, and no other. */
function suites(): readonly string[] {
  return readdirSync(UNIT, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js') && !name.endsWith('other-engines.test.js'))
    .map((name) => join(UNIT, name))
    .filter((file) => readFileSync(file, 'utf8').includes('openEngine(TEST_ENGINE)'));
}

describe('torch', () => {
  it('passes every numeric test: all attacks, methods of training, layers and evaluations', async function () {
    try {
      loadTorchAddon();
    } catch (error) {
      this.test!.title += ` (skipped: ${messageOf(error)})`;
      this.skip();
    }
    const files = suites();
    assert.ok(files.length > 20, `${files.length} files`);
    const env = { ...process.env, MAXMARGIN_TEST_ENGINE: 'torch' };
    const options = ['--no-config', '--timeout', '600000'];
    const { stdout } = await run(process.execPath, [MOCHA, ...options, ...files], { env }).catch((error: unknown) => {
      const { stdout: said } = error as { readonly stdout: string };
      return assert.fail(said.slice(said.search(/\n {2}\d+ passing/)));
    });
    this.test!.title += ` (${/(\d+) passing/.exec(stdout)?.[1]} of them)`;
  });
});
