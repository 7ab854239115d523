import assert from 'node:assert/strict';
import { decodeImages } from '../../../../../clients/cli/input/image-files.js';
import { decodeRaw } from '../../../../../clients/cli/input/raw.js';
import { pngBytes } from '../../../../support/png-bytes.js';

const grey = (depth: number, row: readonly number[]) => ({
  path: 'a.png',
  bytes: pngBytes({ width: 2, height: 1, depth, colourType: 0, rows: [row] }),
});

describe('decoding inputs', () => {
  it('takes the bytes of files, one behind the other', async () => {
    assert.deepEqual(await decodeImages([grey(8, [7, 8]), grey(8, [9, 10])], [1, 2, 1]), {
      data: Uint8Array.of(7, 8, 9, 10),
      shape: [2, 1, 2, 1],
    });
  });

  it('keeps the precision of 16 bits, beside files of 8', async () => {
    assert.deepEqual(await decodeImages([grey(8, [0, 51]), grey(16, [1, 0, 255, 255])], [1, 2, 1]), {
      data: Float32Array.of(0, 0.2, 256 / 65_535, 1),
      shape: [2, 1, 2, 1],
    });
  });

  it('names the file and what was expected', async () => {
    await assert.rejects(decodeImages([grey(8, [0, 0])], [28, 28, 1]), {
      message: 'a.png: expected 28 × 28 pixels, as the model takes, got 2 × 1',
    });
    await assert.rejects(decodeImages([grey(8, [0, 0])], [1, 1, 2]), /a\.png: the model takes \[1, 1, 2\]/);
  });

  it('takes raw values, little-endian, one image or a batch', () => {
    const floats = Buffer.alloc(8);
    floats.writeFloatLE(0.25, 0);
    floats.writeFloatLE(-1, 4);
    assert.deepEqual(decodeRaw(floats, 'f', [1, 2, 1], 'float32'), {
      data: Float32Array.of(0.25, -1),
      shape: [1, 1, 2, 1],
    });
    assert.deepEqual(decodeRaw(Buffer.of(1, 2), 'u', [2, 1, 1, 1], 'uint8'), {
      data: Uint8Array.of(1, 2),
      shape: [2, 1, 1, 1],
    });
    assert.throws(() => decodeRaw(Buffer.alloc(7), 'f', [1, 2, 1], 'float32'), {
      message: 'f: expected 8 bytes for float32 of shape 1 × 1 × 2 × 1, got 7',
    });
  });
});
