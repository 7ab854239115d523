import assert from 'node:assert/strict';
import { splitImages } from '../../../../clients/client/images.js';

describe('batches of images', () => {
  it('are cut by count and by bytes, whichever is less', () => {
    const large = { data: new Float32Array(100 * 256 * 256 * 3), shape: [100, 256, 256, 3] };
    const parts = splitImages(large, 100);
    assert.deepEqual(
      parts.map(({ shape }) => shape[0]),
      [64, 36],
    );
    assert.ok(parts.every(({ data }) => data.byteLength <= 48 * 2 ** 20));
    const small = { data: new Uint8Array(5 * 4), shape: [5, 2, 2, 1] };
    assert.deepEqual(
      splitImages(small, 2).map(({ shape }) => shape[0]),
      [2, 2, 1],
    );
  });

  it('with an image that no message carries are refused by name', () => {
    const image = { data: new Uint8Array(50 * 2 ** 20), shape: [1, 50 * 2 ** 20, 1, 1] };
    assert.throws(() => splitImages(image, 1), {
      message: /images: expected images of at most 50331648 bytes, got 52428800/,
    });
  });
});
