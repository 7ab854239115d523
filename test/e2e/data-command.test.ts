import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { readImage } from '../../trainer/data/image-file.js';
import { openDataset } from '../../trainer/data/open-dataset.js';
import { remembered } from '../support/started-processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MAIN = fileURLToPath(new URL('../../clients/cli/main.js', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function maxmargin(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

describe('maxmargin data', () => {
  const directory = temporaryDirectory();

  it('writes the digits as IDX files, which read as the same examples', async () => {
    const drawn = join(directory(), 'drawn');
    const made = await maxmargin('data', 'make', 'digits', '--out', drawn, '--json');
    assert.equal(made.code, 0, made.stderr);
    assert.equal((JSON.parse(made.stdout) as { files: string[] }).files.length, 4);
    const described = await Promise.all([
      maxmargin('data', 'info', 'digits', '--json'),
      maxmargin('data', 'info', 'mnist', '--data', directory(), '--directory', 'drawn', '--json'),
    ]);
    const [digits, mnist] = described.map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
    assert.deepEqual(mnist?.['splits'], digits?.['splits']);
    assert.deepEqual(digits?.['inputShape'], [28, 28, 1]);
  });

  it('describes a data set for people, and draws a contact sheet', async () => {
    const sheet = join(directory(), 'digits.png');
    const { code, stdout } = await maxmargin('data', 'info', 'digits', '--contact-sheet', sheet);
    assert.equal(code, 0);
    assert.match(stdout, /train examples +6000/);
    assert.match(stdout, /^9 +600 +100$/m);
    const { width, height } = PNG.sync.read(await readFile(sheet));
    assert.deepEqual([width, height], [20 * 30 + 2, 10 * 30 + 2]);
  });

  it('writes an image of a data set to a file, which reads as the same values', async () => {
    const file = join(directory(), 'digit.png');
    const { code, stdout, stderr } = await maxmargin('data', 'image', 'digits', '--index', '3', '--output', file);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /digit\.png: image 3 of the test split of digits, 28 × 28 pixels in grey, class \d/);
    const { images, labels } = await (await openDataset('digits', '')).read('test');
    assert.match(stdout, new RegExp(`class ${labels[3]}$`, 'm'));
    const read = await readImage(file, await readFile(file), { height: 28, width: 28, channels: 1 }, 'it is');
    assert.deepEqual(read, images.subarray(3 * 784, 4 * 784));
    const absent = await maxmargin('data', 'image', 'digits', '--output', join(directory(), 'absent', 'digit.png'));
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /--output: expected a \.png file that can be written, .* but there is no directory/);
    const beyond = await maxmargin('data', 'image', 'digits', '--index', '1000', '--output', file);
    assert.match(beyond.stderr, /--index: expected at most 999, got 1000/);
  });

  it('fails with what is missing', async () => {
    const fails = async (message: RegExp): Promise<void> => {
      const { code, stdout, stderr } = await maxmargin('data', 'info', 'mnist', '--data', directory());
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    };
    await fails(/--data, --directory: expected a directory with the files of mnist, got .*mnist, which is not there/);
    await mkdir(join(directory(), 'mnist'));
    await fails(
      /expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, got neither; "maxmargin data fetch mnist --data .*" downloads them/,
    );
  });

  it('refuses a name that is none, with an exit code of its own', async () => {
    const { code, stderr } = await maxmargin('data', 'fetch', 'imagenet');
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are mnist, fashion-mnist, cifar10/);
  });

  it('leaves nothing half when it is killed while it downloads', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 9_912_422 }).write(Buffer.alloc(1_000_000));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const child = remembered(
      spawn(process.execPath, [MAIN, 'data', 'fetch', 'mnist', '--data', directory(), '--from', from], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
    try {
      const ended = once(child, 'exit');
      // The first line of progress.
      await Promise.race([once(child.stderr, 'data'), ended]);
      child.kill('SIGKILL');
      await ended;
      assert.equal(child.signalCode, 'SIGKILL');
    } finally {
      server.closeAllConnections();
      server.close();
    }
    assert.deepEqual(await readdir(directory()), []);
  });
});
