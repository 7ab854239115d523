import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENGINE_NAMES } from '../../../../core/engine/engine.js';
import { whyAbsent } from '../../../support/absent-engine.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const run = promisify(execFile);
const MOCHA = join(import.meta.dirname, '../../../../../node_modules/mocha/bin/mocha.js');
const UNIT = join(import.meta.dirname, '../..');
/** Every kernel, the gradients, the attacks and whole searches and steps of training, mostly against golden vectors and closed forms. */
const SUITES = [
  'trainer/mma/golden-step',
  'core/margin/margin-search',
  'core/model/wrn',
  'core/margin/linear-margins',
  'core/engine/numerics',
  'core/margin/golden-attacks',
  'trainer/mma/training-step',
  'core/engine/golden-gradients',
].map((name) => join(UNIT, `${name}.test.js`));
/** They run in so many processes at a time. */
const LANES = 2;

/** These suites run on the embedded default in the process of all tests; a process has one engine, so the others run them in their own. */
describe('the other engines', () => {
  for (const name of ENGINE_NAMES.filter((each) => each !== TEST_ENGINE)) {
    it(`${name} passes the same numeric tests as ${TEST_ENGINE}`, async function () {
      this.timeout(300_000);
      const reason = await whyAbsent(name);
      if (reason !== undefined) {
        this.test!.title += ` (skipped: ${reason})`;
        this.skip();
      }
      const env = { ...process.env, MAXMARGIN_TEST_ENGINE: name };
      const lanes = Array.from({ length: LANES }, (_, lane) => SUITES.filter((_, index) => index % LANES === lane));
      const passing = lanes.map(async (suites) => {
        const { stdout } = await run(process.execPath, [MOCHA, '--no-config', '--timeout', '60000', ...suites], {
          env,
        }).catch((error: unknown) => {
          const { stdout: said } = error as { readonly stdout: string };
          return assert.fail(said.slice(said.search(/\n {2}\d+ passing/)));
        });
        return Number(/(\d+) passing/.exec(stdout)?.[1]);
      });
      const count = (await Promise.all(passing)).reduce((sum, each) => sum + each);
      assert.ok(count > SUITES.length, `${count} tests`);
      this.test!.title += ` (${count} of them)`;
    });
  }
});
