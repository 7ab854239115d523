import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PNG, type ColorType } from 'pngjs';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
import { JPEG_FILES } from '../../../support/jpeg-files.js';
import { chunk, crc, pngBytes } from '../../../support/png-bytes.js';
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

  it('sorts classes that are numbers as numbers, follows links, and takes a class called train for one', async () => {
    for (const name of ['10', '9', '0']) await put(`${name}/a.png`, image(Number(name)));
    assert.deepEqual((await open()).labelNames, ['0', '9', '10']);
    await rm(join(directory(), '9'), { recursive: true });
    await put('elsewhere.d/b.png', image(3));
    await rename(join(directory(), 'elsewhere.d'), join(directory(), '.elsewhere'));
    await symlink(join(directory(), '.elsewhere'), join(directory(), 'train'));
    assert.deepEqual((await open()).labelNames, ['0', '10', 'train']);
    await symlink(join(directory(), 'nowhere'), join(directory(), '0', 'broken.png'));
    await assert.rejects(open(), { kind: 'invalid-input', message: /broken\.png: expected .* ENOENT/ });
  });

  it('names a stray file beside the classes, and a stray directory beside train', async () => {
    for (const name of ['cat', 'dog']) await put(`${name}/a.png`, image(1));
    await put('labels.csv', Buffer.from('stray'));
    await assert.rejects(open(), {
      kind: 'invalid-input',
      message: /expected directories only, got the file labels\.csv/,
    });
    await rm(join(directory(), 'labels.csv'));
    for (const name of ['cat', 'dog']) await put(`train/${name}/a.png`, image(1));
    await assert.rejects(open(), { kind: 'invalid-input', message: /expected train and test, .* got cat/ });
  });

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
    await refused(open(), 'two', 'expected PNG and JPEG files only, got notes.txt');
  });

  it('refuses a test class that training does not have, and a test split without images', async () => {
    for (const name of ['train/a/1', 'train/b/1', 'test/c/1']) await put(`${name}.png`, image(1));
    await refused(open(), 'test', 'expected the classes of train (a, b), got c');
  });

  it('says which split has no images', async () => {
    for (const name of ['train/a/1', 'train/b/1']) await put(`${name}.png`, image(1));
    await mkdir(join(directory(), 'test'));
    const dataset = await open();
    await assert.rejects(dataset.read('test'), {
      kind: 'not-found',
      message: /expected PNG or JPEG files for the test split/,
    });
  });

  it('reads 16 bits where they say no more than 8', async () => {
    const sixteen = (low: number) =>
      pngBytes({ width: 2, height: 1, depth: 16, colourType: 0, rows: [[7, 7, 9, low]] });
    for (const name of ['train/a/1', 'train/b/1', 'test/a/1']) await put(`${name}.png`, sixteen(9));
    assert.deepEqual([...(await (await open()).read('test')).images], [7, 9]);
    await put('test/a/1.png', sixteen(8));
    await refused(
      (await open()).read('test'),
      'test/a/1.png',
      'expected at most 8 bits a value, as data sets hold, got 16',
    );
  });

  it('reads JPEG files among PNG files, whatever they are called', async () => {
    const size = { width: 16, height: 8 };
    for (const name of ['train/a/1.png', 'train/b/1.JPEG']) await put(name, image(200, COLOUR, size));
    await put('test/a/1.jpg', JPEG_FILES.grey);
    const dataset = await open();
    assert.deepEqual(dataset.inputShape, [8, 16, 3]);
    assert.equal((await dataset.read('train')).count, 2);
    const [red, green, blue] = (await dataset.read('test')).images.subarray(-3);
    assert.deepEqual([red, red], [green, blue], 'a grey image has three channels among images in colour');
    assert.ok(Math.abs((red ?? 0) - 234) <= 4);
  });

  it('takes colour formats for grey where no pixel has a colour', async () => {
    for (const name of ['train/a/1', 'train/b/1']) await put(`${name}.png`, image(1));
    const pixels = { width: 5, height: 4, depth: 8, colourType: 6 };
    await put(
      'test/a/1.png',
      pngBytes({ ...pixels, rows: new Array(4).fill(new Array(5).fill([9, 9, 9, 255]).flat()) }),
    );
    assert.deepEqual([...(await (await open()).read('test')).images], new Array(20).fill(9));
  });

  const sizes = ', as the first image of the data set is, got';
  const wrong: readonly (readonly [what: string, bytes: Buffer, message: string])[] = [
    ['another size', image(1, GREY, { width: 6 }), `expected 5 × 4 pixels${sizes} 6 × 4`],
    ['colour among grey', image(1, COLOUR), `expected a grey image${sizes} a coloured pixel at x = 0, y = 0`],
    ['another format', Buffer.alloc(64, 'GIF89a'), 'expected a PNG or JPEG file, got another format'],
    ['an empty file', Buffer.alloc(0), 'expected a PNG or JPEG file, got 0 bytes'],
    ['a cut file', image(1).subarray(0, 50), 'expected a whole PNG file'],
    ['a size that is a lie', header(60_000, 60_000), 'expected 1 to 4096 pixels a side, got 60000 × 60000'],
    ['too much in an interlaced file', header(5, 4, 1, deflateSync(Buffer.alloc(1e8))), 'expected a whole PNG file'],
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
  const end = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
  return Buffer.concat([bytes.subarray(0, 33), chunk('IDAT', data), end]);
}
