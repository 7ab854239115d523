import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import { wrapped } from '../../../../../clients/cli/output/canvas.js';
import { captionOf, drawPanel } from '../../../../../clients/cli/output/panel.js';
import { inLetters } from '../../../../../clients/cli/output/pixel-font.js';
import type { MarginResult } from '../../../../../clients/client/margins.js';

const result = (fields: Partial<MarginResult>): MarginResult => ({
  predictedClass: 0,
  label: 0,
  status: 'not-found',
  distance: 0.5,
  lowerBound: 0,
  logitMargin: -1,
  unresolved: false,
  attack: 'test',
  gradientEvaluations: 1,
  converged: true,
  ...fields,
});
const changedBy = (...values: number[]): MarginResult =>
  result({
    status: 'found',
    distance: 0.2,
    adversarialClass: 1,
    perturbation: { data: Float32Array.from(values), shape: [2, 2, 1] },
  });

describe('panel', () => {
  const images = { data: Uint8Array.of(0, 255, 51, 102, 255, 255, 255, 255), shape: [2, 2, 2, 1] };
  const png = PNG.sync.read(
    drawPanel({
      images,
      names: ['a.png', 'b.png'],
      results: [changedBy(0.2, -0.1, 0, 0), result({})],
      adversarial: [{ values: Uint8Array.of(51, 229, 51, 102), succeeds: true }, undefined],
      classNames: ['cat', 'dog'],
      norm: 'linf',
    }),
  );
  // Two lines of text, then tiles of 2 × 2 pixels, each a square of 98; the second image stands below the first.
  const pixel = (row: number, column: number, y: number, x: number): number[] => {
    const top = 16 + row * (36 + 196 + 16) + 36 + y * 98 + 49;
    const left = 16 + column * (196 + 8) + x * 98 + 49;
    return [...png.data.subarray(4 * (top * png.width + left), 4 * (top * png.width + left) + 3)];
  };
  const tile = (row: number, column: number) => [0, 1, 2, 3].map((i) => pixel(row, column, Math.floor(i / 2), i % 2));
  const grey = (...values: number[]) => values.map((value) => [value, value, value]);

  it('shows the original, the perturbation on a scale around zero, and the image in 8 bits', () => {
    assert.deepEqual([png.width, png.height], [16 + 3 * 196 + 2 * 8 + 16, 16 + 2 * (36 + 196 + 16)]);
    assert.deepEqual(tile(0, 0), grey(0, 255, 51, 102));
    const [up = [], down = [], none] = tile(0, 1);
    assert.deepEqual(none, [255, 255, 255]);
    assert.ok((up[0] ?? 0) > (up[2] ?? 0), 'lighter is orange');
    assert.ok((down[2] ?? 0) > (down[0] ?? 0), 'darker is blue');
    assert.deepEqual(tile(0, 2), grey(51, 229, 51, 102));
  });

  it('leaves the place empty where there is no perturbation', () => {
    assert.deepEqual(tile(1, 0), grey(255, 255, 255, 255));
    assert.deepEqual(tile(1, 1), grey(255, 255, 255, 255));
  });

  it('says what each image shows', () => {
    const names = ['cat', 'dog'];
    const end = { values: Uint8Array.of(), succeeds: true };
    assert.deepEqual(captionOf('3', changedBy(0.2, -0.1), end, names, 'l2'), [
      '3: cat → dog',
      'l2 0.2000, colours ±0.2000',
    ]);
    assert.deepEqual(captionOf('3', changedBy(0.2), { ...end, succeeds: false }, names, 'l2').slice(2), [
      'rounded to 8 bits it is classified as before',
    ]);
    assert.deepEqual(captionOf('3', result({}), undefined, names, 'linf'), ['3: cat', 'none found up to linf 0.5000']);
    const wrong = result({ status: 'misclassified', predictedClass: 1, distance: 0 });
    assert.deepEqual(captionOf('3', wrong, undefined, names, 'linf')[0], '3: cat, misclassified as dog');
    const reached = result({ status: 'target-reached', predictedClass: 1, distance: 0 });
    assert.deepEqual(captionOf('3', reached, undefined, names, 'linf')[0], '3: dog, the target, already');
  });

  it('stays narrow for any number of images, and shows all of them', () => {
    for (const count of [1, 10, 64]) {
      const many = { data: new Uint8Array(count * 28 * 28), shape: [count, 28, 28, 1] };
      const results = Array.from({ length: count }, () => result({}));
      const names = results.map((_, i) => String(i));
      const contents = { images: many, names, results, adversarial: results.map(() => undefined), norm: 'l2' as const };
      const { width, height } = PNG.sync.read(drawPanel({ ...contents, classNames: ['c'] }));
      assert.ok(width <= 2000 && height <= 3000, `${count}: ${width} × ${height}`);
    }
  });

  it('keeps colours', () => {
    const contents = {
      names: ['a'],
      results: [result({})],
      adversarial: [undefined],
      classNames: [],
      norm: 'l2' as const,
    };
    const colour = { data: Uint8Array.of(10, 20, 30), shape: [1, 1, 1, 3] };
    const drawn = PNG.sync.read(drawPanel({ ...contents, images: colour }));
    const at = 4 * ((16 + 36 + 5) * drawn.width + 20);
    assert.deepEqual([...drawn.data.subarray(at, at + 4)], [10, 20, 30, 255]);
  });

  it('breaks captions between words, and words that are too long', () => {
    assert.deepEqual(wrapped('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrapped('a abcdefgh', 5), ['a', 'abcde', 'fgh']);
    assert.deepEqual(inLetters('é→ß').join(''), 'e→?');
  });
});
