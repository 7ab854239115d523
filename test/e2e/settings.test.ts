import assert from 'node:assert/strict';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { runCommand } from './command-line.js';

describe('settings on the command line', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();

  it('print what they are told, and where it comes from', async () => {
    const ask = (...args: string[]) => runCommand([...args, '--print-config'], directory());
    const [serve, train] = await Promise.all([ask('serve', '--max-batch', '7'), ask('train', '--norm', 'l2')]);
    assert.deepEqual([serve.code, train.code], [0, 0]);
    assert.match(serve.stdout, /^maxBatch: 7 # --max-batch$/m);
    assert.match(train.stdout, /^norm: l2 # --norm\nmaxDistance: 2 # default$/m);
  });

  it('serve and trainer show the help of their services', async () => {
    const helps = ['serve', 'trainer'].map(async (name) => {
      const { code, stdout } = await runCommand([name, '--help'], directory());
      assert.equal(code, 0);
      assert.match(
        stdout,
        /Usage: maxmargin (serve|trainer) \[options\][^]*--http-address <host:port>[^]*\nExample:\n  maxmargin (serve|trainer) /,
        name,
      );
    });
    await Promise.all(helps);
  });
});
