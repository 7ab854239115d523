import assert from 'node:assert/strict';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { createRandom } from '../../../../core/random.js';
import { checkAugmentation, cropFlipped, drawVariants } from '../../../../trainer/mma/augmentation.js';
import { gather } from '../../../../trainer/mma/batches.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const SHAPE = [6, 5, 2] as const;
const [HEIGHT, WIDTH, CHANNELS] = SHAPE;
/** Row, column and channel as digits. */
const IMAGE = Uint8Array.from({ length: HEIGHT * WIDTH * CHANNELS }, (_, i) => {
  const [row, column, channel] = [Math.floor(i / (WIDTH * CHANNELS)), Math.floor(i / CHANNELS) % WIDTH, i % CHANNELS];
  return 20 * row + 2 * column + channel;
});
/** numpy.pad(numpy.arange(n), 4, 'reflect') */
const ROWS = [4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 4, 3, 2, 1];
const COLUMNS = [4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0];

const variantOf = (top: number, left: number, flipped: boolean): number => (9 * top + left) * 2 + (flipped ? 1 : 0);

describe('augmentation by crops and flips', () => {
  before(() => openEngine(TEST_ENGINE));

  it('crops what NumPy pads by reflection, at every offset, mirrored or not', () => {
    for (let top = 0; top <= 8; top++)
      for (let left = 0; left <= 8; left++)
        for (const flipped of [false, true]) {
          const columns = COLUMNS.slice(left, left + WIDTH);
          if (flipped) columns.reverse();
          const expected = ROWS.slice(top, top + HEIGHT).flatMap((row) =>
            columns.flatMap((column) => [20 * row + 2 * column, 20 * row + 2 * column + 1]),
          );
          assert.deepEqual([...cropFlipped(IMAGE, SHAPE, variantOf(top, left, flipped))], expected);
        }
  });

  it('leaves an image as it is in the middle, and takes its edge once where it is moved', () => {
    assert.deepEqual(cropFlipped(IMAGE, SHAPE, variantOf(4, 4, false)), IMAGE);
    const moved = cropFlipped(IMAGE, SHAPE, variantOf(4, 3, false));
    assert.deepEqual([...moved.subarray(0, WIDTH * CHANNELS)], [2, 3, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('draws every crop and flip about equally often, the same ones from the same seed', () => {
    const drawn = drawVariants(createRandom(5), 162 * 200);
    assert.deepEqual(drawVariants(createRandom(5), 162 * 200), drawn);
    const counts = new Array<number>(162).fill(0);
    for (const variant of drawn) counts[variant]!++;
    // Counts of a binomial of mean 200: five deviations.
    for (const count of counts) assert.ok(Math.abs(count - 200) < 71, String(count));
    assert.equal(counts.length, 162);
  });

  it('is of the images of a batch, each by itself', async () => {
    const images = Uint8Array.from([...IMAGE, ...IMAGE.toReversed()]);
    const from = { count: 2, images, labels: Uint8Array.of(3, 4) };
    const { inputs, labels } = gather(from, SHAPE, Uint32Array.of(1, 0, 1), Uint8Array.of(0, 161, 80));
    const expected = [
      ...cropFlipped(IMAGE.toReversed(), SHAPE, 0),
      ...cropFlipped(IMAGE, SHAPE, 161),
      ...IMAGE.toReversed(),
    ];
    assert.deepEqual(
      Array.from(await inputs.data(), (value) => Math.round(value * 255)),
      expected,
    );
    assert.deepEqual([...(await labels.data())], [4, 3, 4]);
    inputs.dispose();
    labels.dispose();
  });

  it('is refused for images that are too small to be reflected', () => {
    checkAugmentation('crop-flip', [5, 5, 1]);
    checkAugmentation('none', [1, 1, 1]);
    assert.throws(() => {
      checkAugmentation('crop-flip', [32, 4, 3]);
    }, /augmentation: expected none for images below 5 × 5, got 32 × 4/);
  });
});
