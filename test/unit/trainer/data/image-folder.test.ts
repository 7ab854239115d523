import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PNG, type ColorType } from 'pngjs';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const [GREY, COLOUR, COLOUR_ALPHA]: readonly ColorType[] = [0, 2, 6];

/** A PNG of 5 × 4 pixels whose red, green and blue are `value`, `value + 1`, `value + 2` (grey: `value`). */
function image(value: number, colorType = GREY, { width = 5, height = 4, alpha = 255, bitDepth = 8 } = {}): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < png.data.length; i += 4) {
    const step = colorType === GREY ? 0 : 1;
    png.data.set([value, value + step, value + 2 * step, alpha], i);
  }
  return PNG.sync.write(png, { colorType: colorType ?? 0, inputHasAlpha: true, bitDepth: bitDepth as 8 });
}

describe('a folder of PNG files', () => {
  const directory = temporaryDirectory();
  const put = async (name: string, bytes: Uint8Array) => {
    const path = join(directory(), name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  };
  const open = () => openDataset('folder', directory());

  it('reads the splits that there are, labels by the names of directories in order', async () => {
    for (const value of [10, 11]) await put(`train/dog/${value}.png`, image(value));
    await put('train/cat/20.png', image(20));
    await put('train/cat/.hidden', Buffer.from('passed over'));
    await put('test/dog/12.PNG', image(12));
    const dataset = await open();
    assert.deepEqual(dataset.inputShape, [4, 5, 1]);
    assert.deepEqual(dataset.labelNames, ['cat', 'dog']);
    const train = await dataset.read('train');
    assert.equal(train.count, 3);
    const pairs = Array.from(train.labels, (label, i) => [train.images[i * 20], label]);
    assert.deepEqual(pairs.sort(), [
      [10, 1],
      [11, 1],
      [20, 0],
    ]);
    const test = await dataset.read('test');
    assert.deepEqual([test.count, test.labels[0], test.images[19]], [1, 1, 12]);
  });

  it('keeps red, green and blue in their order', async () => {
    for (const name of ['train/a/1', 'train/b/1', 'test/a/1']) await put(`${name}.png`, image(30, COLOUR));
    const dataset = await open();
    assert.deepEqual(dataset.inputShape, [4, 5, 3]);
    assert.deepEqual(Array.from((await dataset.read('test')).images.subarray(0, 6)), [30, 31, 32, 30, 31, 32]);
  });

  it('takes transparency where there is none to see', async () => {
    for (const name of ['train/a/1', 'train/b/1']) await put(`${name}.png`, image(30, COLOUR_ALPHA));
    await put('test/a/1.png', image(30, COLOUR_ALPHA, { alpha: 254 }));
    const dataset = await open();
    assert.equal((await dataset.read('train')).count, 2);
    await refused(dataset.read('test'), 'test/a/1.png', 'expected an image without transparency');
  });

  it('keeps a sixth of each class for testing where there are no splits, always the same, in mixed order', async () => {
    for (let i = 0; i < 30; i++) await put(`${i % 2 === 0 ? 'even' : 'odd'}/${i}.png`, image(i));
    const [train, test] = [await (await open()).read('train'), await (await open()).read('test')];
    const values = (examples: typeof train) => Array.from(examples.labels, (_, i) => examples.images[i * 20] ?? 0);
    assert.deepEqual([train.count, test.count], [26, 4]);
    assert.deepEqual(Array.from(test.labels).sort(), [0, 0, 1, 1]);
    const all = [...values(train), ...values(test)].sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: 30 }, (_, i) => i),
    );
    for (const examples of [train, test])
      assert.deepEqual(
        values(examples).map((value) => value % 2),
        Array.from(examples.labels),
      );
    assert.deepEqual(values(await (await open()).read('train')), values(train));
    assert.ok(new Set(train.labels.subarray(0, 8)).size === 2, 'the first examples are of both classes');
  });

  it('names what is wrong with the directories', async () => {
    await assert.rejects(openDataset('folder', join(directory(), 'none')), { kind: 'not-found' });
    await put('one/1.png', image(1));
    await refused(open(), '', 'expected 2 to 256 directories, one per class, got 1');
    await put('two/notes.txt', Buffer.from('x'));
    await refused(open(), 'two', 'expected PNG files only, got notes.txt');
  });

  it('refuses a test class that training does not have, and a test split without images', async () => {
    for (const name of ['train/a/1', 'train/b/1', 'test/c/1']) await put(`${name}.png`, image(1));
    await refused(open(), 'test', 'expected the classes of train (a, b), got c');
  });

  it('says which split has no images', async () => {
    for (const name of ['train/a/1', 'train/b/1']) await put(`${name}.png`, image(1));
    await mkdir(join(directory(), 'test'));
    const dataset = await open();
    await assert.rejects(dataset.read('test'), { kind: 'not-found', message: /expected PNG files for the test split/ });
  });

  const sizes = ', as the first image is, got';
  const wrong: readonly (readonly [what: string, bytes: Buffer, message: string])[] = [
    ['another size', image(1, GREY, { width: 6 }), `expected 5 × 4 pixels in grey${sizes} 6 × 4`],
    ['colour among grey', image(1, COLOUR), `expected 5 × 4 pixels in grey${sizes} 5 × 4 pixels in colour`],
    ['16 bits a channel', image(1, GREY, { bitDepth: 16 }), 'expected at most 8 bits a channel, got 16'],
    ['another format', Buffer.alloc(64, 'GIF89a'), 'expected a PNG file, got another format'],
    ['an empty file', Buffer.alloc(0), 'expected a PNG file, got 0 bytes'],
    ['a cut file', image(1).subarray(0, 50), 'expected a whole PNG file'],
    ['a size that is a lie', header(60_000, 60_000), 'expected 1 to 4096 pixels a side, got 60000 × 60000'],
    ['an interlaced file', header(5, 4, 1), 'expected a PNG file that is not interlaced'],
    ['fewer pixels than it says', header(5, 4, 0, deflateSync(Buffer.alloc(23))), 'expected a whole PNG file'],
    ['more pixels than it says', header(5, 4, 0, deflateSync(Buffer.alloc(1e8))), 'expected a whole PNG file'],
  ];
  for (const [what, bytes, message] of wrong) {
    it(`refuses ${what}`, async () => {
      for (const name of ['train/a/1', 'train/b/1']) await put(`${name}.png`, image(1));
      await put('test/a/bad.png', bytes);
      await refused((await open()).read('test'), 'test/a/bad.png', message);
    });
  }

  it('takes no memory on the word of the first header', async () => {
    for (let i = 0; i < 200; i++) await put(`train/a/${i}.png`, header(4096, 4096));
    await put('train/b/1.png', header(4096, 4096));
    await put('test/a/1.png', header(4096, 4096));
    const dataset = await open();
    await refused(dataset.read('train'), '', 'expected at most 2147483648 bytes of images');
    await refused(dataset.read('test'), 'test/a/1.png', 'expected a whole PNG file');
  });

  async function refused(attempt: Promise<unknown>, path: string, message: string): Promise<void> {
    await assert.rejects(attempt, (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'invalid-input', error.message);
      const expected = `${join(directory(), path)}: ${message}`;
      assert.equal(error.message.slice(0, expected.length), expected);
      return true;
    });
  }
});

/** A PNG that says what it wants to about its size. */
function header(width: number, height: number, interlace = 0, data: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = image(1);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt8(interlace, 28);
  bytes.writeUInt32BE(crc(bytes.subarray(12, 29)), 29);
  if (data.length === 0) return bytes;
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('IDAT'), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length, 0);
  chunk.writeUInt32BE(crc(chunk.subarray(4, -4)), chunk.length - 4);
  const end = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
  return Buffer.concat([bytes.subarray(0, 33), chunk, end]);
}

/** CRC-32 as PNG has it (zlib.crc32 needs a newer Node). */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let k = 0; k < 8; k++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
