import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import { decodePng } from '../../../../../clients/cli/input/png.js';
import { decodeRaw } from '../../../../../clients/cli/input/raw.js';

function pngOf(width: number, height: number, rgb: readonly number[]): Buffer {
  const png = new PNG({ width, height });
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) png.data[4 * pixel + c] = rgb[3 * pixel + c]!;
    png.data[4 * pixel + 3] = 255;
  }
  return PNG.sync.write(png);
}

describe('decoding inputs', () => {
  it('takes grey and colours from a PNG', () => {
    const bytes = pngOf(2, 1, [7, 7, 7, 255, 0, 100]);
    assert.deepEqual([...decodePng(bytes, 'a.png', [1, 2, 3])], [7, 7, 7, 255, 0, 100]);
    // Rec. 601: 0.299 · 255 + 0.114 · 100 = 87.6.
    assert.deepEqual([...decodePng(bytes, 'a.png', [1, 2, 1])], [7, 88]);
  });

  it('names the file and what was expected', () => {
    assert.throws(() => decodePng(pngOf(2, 1, [0, 0, 0, 0, 0, 0]), 'a.png', [28, 28, 1]), {
      message: 'a.png: expected 28 × 28 pixels, as the model takes, got 2 × 1',
    });
    assert.throws(() => decodePng(Buffer.from('GIF89a'), 'b.png', [1, 1, 1]), /b\.png: expected a PNG file/);
    assert.throws(() => decodePng(Buffer.alloc(0), 'c.png', [1, 1, 2]), /c\.png: the model takes \[1, 1, 2\]/);
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
