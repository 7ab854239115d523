import assert from 'node:assert/strict';
import { imageSize, readImage } from '../../../../trainer/data/image-file.js';
import { colourAt, greyAt, JPEG_FILES } from '../../../support/jpeg-files.js';
import { chunk, pngBytes } from '../../../support/png-bytes.js';

const read = (bytes: Buffer, height: number, width: number, channels: 1 | 3) =>
  readImage('a file', bytes, { height, width, channels }, 'the model takes');

describe('image files', () => {
  describe('PNG by layout of samples', () => {
    const palette = chunk('PLTE', Buffer.of(10, 20, 30, 40, 50, 60, 7, 7, 7, 0, 0, 0));
    /** Two pixels in a row. */
    const two = { width: 2, height: 1 };
    const layouts: readonly (readonly [what: string, bytes: Buffer, values: readonly number[], channels: 1 | 3])[] = [
      ['grey of 1 bit', pngBytes({ ...two, depth: 1, colourType: 0, rows: [[0b01000000]] }), [0, 255], 1],
      ['grey of 2 bits', pngBytes({ ...two, depth: 2, colourType: 0, rows: [[0b01100000]] }), [85, 170], 1],
      ['grey of 4 bits', pngBytes({ ...two, depth: 4, colourType: 0, rows: [[0x3a]] }), [51, 170], 1],
      ['grey of 8 bits', pngBytes({ ...two, depth: 8, colourType: 0, rows: [[3, 200]] }), [3, 200], 1],
      ['grey of 16 bits', pngBytes({ ...two, depth: 16, colourType: 0, rows: [[1, 2, 254, 3]] }), [258, 65_027], 1],
      ['opaque grey', pngBytes({ ...two, depth: 8, colourType: 4, rows: [[3, 255, 200, 255]] }), [3, 200], 1],
      [
        'opaque grey of 16 bits',
        pngBytes({ ...two, depth: 16, colourType: 4, rows: [[1, 2, 255, 255, 3, 4, 255, 255]] }),
        [258, 772],
        1,
      ],
      ['colour', pngBytes({ ...two, depth: 8, colourType: 2, rows: [[1, 2, 3, 4, 5, 6]] }), [1, 2, 3, 4, 5, 6], 3],
      [
        'colour of 16 bits',
        pngBytes({ ...two, depth: 16, colourType: 2, rows: [[1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 0]] }),
        [257, 514, 771, 1028, 1285, 1536],
        3,
      ],
      [
        'opaque colour',
        pngBytes({ ...two, depth: 8, colourType: 6, rows: [[1, 2, 3, 255, 4, 5, 6, 255]] }),
        [1, 2, 3, 4, 5, 6],
        3,
      ],
      [
        'a palette',
        pngBytes({ ...two, depth: 8, colourType: 3, rows: [[1, 0]], before: [palette] }),
        [40, 50, 60, 10, 20, 30],
        3,
      ],
      [
        'a palette of 2 bits',
        pngBytes({ ...two, depth: 2, colourType: 3, rows: [[0b00010000]], before: [palette] }),
        [10, 20, 30, 40, 50, 60],
        3,
      ],
      [
        'greys of a palette',
        pngBytes({ ...two, depth: 8, colourType: 3, rows: [[2, 3]], before: [palette] }),
        [7, 0],
        1,
      ],
      ['greys in colour', pngBytes({ ...two, depth: 8, colourType: 2, rows: [[9, 9, 9, 8, 8, 8]] }), [9, 8], 1],
      [
        'greys in colour with alpha',
        pngBytes({ ...two, depth: 8, colourType: 6, rows: [[9, 9, 9, 255, 8, 8, 8, 255]] }),
        [9, 8],
        1,
      ],
      [
        'grey for three channels',
        pngBytes({ ...two, depth: 8, colourType: 0, rows: [[3, 200]] }),
        [3, 3, 3, 200, 200, 200],
        3,
      ],
    ];
    for (const [what, bytes, values, channels] of layouts) {
      it(`reads ${what}`, async () => {
        const got = await read(bytes, 1, 2, channels);
        assert.deepEqual([...got], values);
        assert.equal(got instanceof Uint16Array, what.endsWith('of 16 bits'));
      });
    }

    for (const depth of [8, 16]) {
      it(`reads an interlaced image of ${depth} bits`, async () => {
        // 3 × 3: passes 1, 4 (column 2, row 0), 5 (row 2: columns 0 and 2), 6 (column 1: rows 0 and 2), 7 (row 1).
        const rows = [[0], [2], [20, 22], [1], [21], [10, 11, 12]];
        const stored = depth === 8 ? rows : rows.map((row) => row.flatMap((value) => [value, 1]));
        const bytes = pngBytes({ width: 3, height: 3, depth, colourType: 0, interlaced: true, rows: stored });
        const expected = [0, 1, 2, 10, 11, 12, 20, 21, 22];
        const values = depth === 8 ? expected : expected.map((value) => 256 * value + 1);
        assert.deepEqual([...(await read(bytes, 3, 3, 1))], values);
      });
    }

    it('refuses an interlaced image of more or fewer pixels than it says', async () => {
      for (const rows of [
        [[0], [2], [20, 22], [1], [21]],
        [[0], [2], [20, 22], [1], [21], [10, 11, 12], [9]],
      ]) {
        const bytes = pngBytes({ width: 3, height: 3, depth: 8, colourType: 0, interlaced: true, rows });
        await assert.rejects(read(bytes, 3, 3, 1), /a file: expected a whole PNG file of 15 bytes unpacked/);
      }
    });
  });

  describe('transparency', () => {
    const two = { width: 2, height: 1 };
    const see: readonly (readonly [what: string, bytes: Buffer])[] = [
      ['in grey', pngBytes({ ...two, depth: 8, colourType: 4, rows: [[0, 255, 0, 254]] })],
      ['in colour', pngBytes({ ...two, depth: 8, colourType: 6, rows: [[1, 1, 1, 255, 1, 1, 1, 0]] })],
      ['of 16 bits', pngBytes({ ...two, depth: 16, colourType: 4, rows: [[0, 0, 255, 255, 0, 0, 255, 254]] })],
      [
        'of a colour of the palette',
        pngBytes({
          ...two,
          depth: 8,
          colourType: 3,
          rows: [[0, 1]],
          before: [chunk('PLTE', Buffer.of(1, 1, 1, 2, 2, 2)), chunk('tRNS', Buffer.of(255, 128))],
        }),
      ],
      [
        'of one grey',
        pngBytes({ ...two, depth: 8, colourType: 0, rows: [[5, 6]], before: [chunk('tRNS', Buffer.of(0, 6))] }),
      ],
      [
        'of one grey of 16 bits',
        pngBytes({ ...two, depth: 16, colourType: 0, rows: [[5, 6, 7, 8]], before: [chunk('tRNS', Buffer.of(7, 8))] }),
      ],
    ];
    for (const [what, bytes] of see) {
      it(`is refused ${what}, for grey and for colour`, async () => {
        for (const channels of [1, 3] as const)
          await assert.rejects(read(bytes, 1, 2, channels), {
            kind: 'invalid-input',
            message:
              'a file: expected an image without transparency, got a transparent pixel at x = 1, y = 0; flatten it onto a background first',
          });
      });
    }
  });

  it('refuse colours for one channel, naming the first', async () => {
    const bytes = pngBytes({
      width: 1,
      height: 2,
      depth: 8,
      colourType: 2,
      rows: [
        [9, 9, 9],
        [9, 9, 8],
      ],
    });
    await assert.rejects(read(bytes, 2, 1, 1), {
      message:
        'a file: expected a grey image, as the model takes, got a coloured pixel at x = 0, y = 1; turn it to grey first',
    });
    await assert.rejects(read(JPEG_FILES.colour, 8, 16, 1), /expected a grey image, as the model takes/);
  });

  describe('JPEG', () => {
    const near = (got: ArrayLike<number>, expected: readonly number[]): void => {
      assert.equal(got.length, expected.length);
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs((got[i] ?? NaN) - value) <= 4, `value ${i}: expected ${value}, got ${got[i]}`);
    };
    const pixels = <T>(height: number, width: number, value: (x: number, y: number) => T): T[] =>
      Array.from({ length: height * width }, (_, i) => value(i % width, Math.floor(i / width)));

    it('is read in grey', async () => {
      assert.deepEqual(imageSize('a file', JPEG_FILES.grey), { height: 8, width: 16, channels: 1 });
      near(await read(JPEG_FILES.grey, 8, 16, 1), pixels(8, 16, greyAt));
      near(
        await read(JPEG_FILES.grey, 8, 16, 3),
        pixels(8, 16, greyAt).flatMap((value) => [value, value, value]),
      );
      near(await read(JPEG_FILES.greyInColour, 8, 16, 1), pixels(8, 16, greyAt));
    });

    it('is read in colour, baseline and progressive', async () => {
      for (const bytes of [JPEG_FILES.colour, JPEG_FILES.progressive]) {
        assert.deepEqual(imageSize('a file', bytes), { height: 8, width: 16, channels: 3 });
        near(await read(bytes, 8, 16, 3), pixels(8, 16, colourAt).flat());
      }
    });

    it('is turned as EXIF says', async () => {
      // Orientation 6: to be shown, it is turned clockwise by a quarter.
      assert.deepEqual(imageSize('a file', JPEG_FILES.turned), { height: 16, width: 8, channels: 3 });
      const turned = pixels(16, 8, (x, y) => colourAt(y, 7 - x));
      near(await read(JPEG_FILES.turned, 16, 8, 3), turned.flat());
    });

    it('is refused in CMYK', async () => {
      await assert.rejects(read(JPEG_FILES.cmyk, 8, 16, 3), {
        message: 'a file: expected a JPEG file in grey or colour, got CMYK; convert it to RGB first',
      });
    });

    it('is refused where a part is missing, wherever it is cut, and the next one is read', async () => {
      for (const whole of [JPEG_FILES.colour, JPEG_FILES.progressive, JPEG_FILES.grey]) {
        for (const fraction of [0.1, 0.5, 0.9, 0.97]) {
          const cut = whole.subarray(0, Math.floor(fraction * whole.length));
          await assert.rejects(read(cut, 8, 16, 3), {
            kind: 'invalid-input',
            message: /^a file: expected a whole JPEG/,
          });
        }
        await read(whole, 8, 16, 3);
      }
    });

    it('of a size that is too large or another one is refused before it is unpacked', async () => {
      const bytes = Buffer.from(JPEG_FILES.grey);
      const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
      bytes.writeUInt16BE(60_000, frame + 5);
      assert.throws(() => imageSize('a file', bytes), /expected 1 to 4096 pixels a side, got 16 × 60000/);
      await assert.rejects(read(JPEG_FILES.grey, 28, 28, 1), {
        message: 'a file: expected 28 × 28 pixels, as the model takes, got 16 × 8',
      });
    });
  });

  it('are told from others by what is in them', async () => {
    await assert.rejects(read(Buffer.from('GIF89a, and more'), 1, 1, 1), {
      message: 'a file: expected a PNG or JPEG file, got another format',
    });
    await assert.rejects(read(Buffer.alloc(0), 1, 1, 1), {
      message: 'a file: expected a PNG or JPEG file, got 0 bytes',
    });
  });
});
