import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { digits, makeDigits } from '../../../../../trainer/data/digits/digits.js';
import type { Examples } from '../../../../../trainer/data/dataset.js';

const PIXELS = 28 * 28;

describe('digits', () => {
  let train: Examples;
  let test: Examples;
  before(async () => {
    train = await digits().read('train');
    test = await digits().read('test');
  });

  it('has 6,000 training and 1,000 test examples, each digit as often as any other', () => {
    assert.equal(train.count, 6000);
    assert.equal(test.count, 1000);
    assert.deepEqual(
      histogram(train),
      Array.from({ length: 10 }, () => 600),
    );
    assert.deepEqual(
      histogram(test),
      Array.from({ length: 10 }, () => 100),
    );
    assert.equal(train.images.length, 6000 * PIXELS);
    assert.equal(test.images.length, 1000 * PIXELS);
    assert.deepEqual(digits().inputShape, [28, 28, 1]);
    assert.equal(digits().labelNames.length, 10);
  });

  it('is made of the same bytes everywhere and always', () => {
    assert.equal(sha256(train), '0a582561d40c9198c47f46c11e4781c36039800ebdd05bb40bce9d24d9d2b7e6');
    assert.equal(sha256(test), '2b9c50f306145d92f48c6326f8c1f351821f9930ac9b3c16cdaaff16acce07b5');
  });

  it('depends on its seed', () => {
    assert.notEqual(sha256(makeDigits(20, 3)), sha256(makeDigits(20, 4)));
    assert.equal(sha256(makeDigits(20, 3)), sha256(makeDigits(20, 3)));
  });

  it('mixes the digits, so that any stretch of it holds all of them', () => {
    const first = { ...train, labels: train.labels.subarray(0, 500) };
    for (const count of histogram(first)) assert.ok(count >= 25 && count <= 75, `${count} of 500`);
  });

  it('repeats no image, neither within a split nor between them', () => {
    const seen = new Set([...imagesOf(train), ...imagesOf(test)].map((image) => Buffer.from(image).toString('base64')));
    assert.equal(seen.size, 7000);
  });

  it('draws ink on a background that is black but for a little noise', () => {
    for (const [i, image] of [...imagesOf(train)].entries()) {
      let [ink, black] = [0, 0];
      for (const value of image) {
        if (value > 128) ink++;
        if (value === 0) black++;
      }
      assert.ok(ink >= 15 && ink <= 250, `example ${i}: ${ink} pixels of ink`);
      assert.ok(black > PIXELS / 2, `example ${i}: ${black} black pixels`);
    }
  });

  it('keeps all but one digit in a hundred off the border', () => {
    const touching = [...imagesOf(train)].filter((image) =>
      image.some((value, at) => value > 128 && (at < 28 || at >= PIXELS - 28 || at % 28 === 0 || at % 28 === 27)),
    );
    assert.ok(touching.length < 60, `${touching.length} of 6,000`);
  });
});

function* imagesOf({ count, images }: Examples): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield images.subarray(i * PIXELS, (i + 1) * PIXELS);
}

function histogram({ labels }: Pick<Examples, 'labels'>): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function sha256({ images, labels }: Examples): string {
  return createHash('sha256').update(images).update(labels).digest('hex');
}
