import assert from 'node:assert/strict';
import { seedOfImage } from '../../../../core/margin/image-seeds.js';
import { createRandom } from '../../../../core/random.js';

const BOX = { lower: 0, upper: 1 };
const BYTES = Uint8Array.from({ length: 256 }, (_, level) => level);

describe('seed of an image', () => {
  it('is the same for the same image, however its values were computed', () => {
    const divided = Float32Array.from(BYTES, (level) => level / 255);
    const seed = seedOfImage(1n, divided, BOX);
    const step = Math.fround(1 / 255);
    assert.equal(
      seedOfImage(
        1n,
        Float32Array.from(BYTES, (level) => level * step),
        BOX,
      ),
      seed,
      'multiplied in float32',
    );
    const negative = divided.slice();
    negative[0] = -0;
    assert.equal(seedOfImage(1n, negative, BOX), seed, '−0 is 0');
    const wide = { lower: -1, upper: 1 };
    const shifted = Float32Array.from(divided, (value) => 2 * value - 1);
    assert.equal(seedOfImage(1n, shifted, wide), seed, 'in another box');
  });

  it('is another for another image or another seed of the request', () => {
    const image = Float32Array.from(BYTES, (level) => level / 255);
    const seeds = new Set<bigint>();
    for (let request = 0n; request < 4n; request++) {
      seeds.add(seedOfImage(request, image, BOX));
      for (const at of BYTES) {
        const other = image.slice();
        other[at] = ((at + 1) % 256) / 255;
        seeds.add(seedOfImage(request, other, BOX));
      }
    }
    assert.equal(seeds.size, 4 * 257);
  });

  it('tells images of 16 bits apart, and takes all 64 bits of a seed', () => {
    const levels = Float32Array.of(1000 / 65_535, 0.5);
    assert.notEqual(
      seedOfImage(0n, levels, BOX),
      seedOfImage(0n, Float32Array.of(1001 / 65_535, 0.5), BOX),
      'one level in 65,535',
    );
    assert.notEqual(seedOfImage(0n, levels, BOX), seedOfImage(2n ** 63n, levels, BOX));
    for (const seed of [0n, 2n ** 64n - 1n]) createRandom(seedOfImage(seed, levels, BOX)).uniform();
  });
});
