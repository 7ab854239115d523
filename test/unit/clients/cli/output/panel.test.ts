import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import type { MarginResult } from '../../../../../clients/client/margins.js';
import { drawPanel } from '../../../../../clients/cli/output/panel.js';

const result = (perturbation?: readonly number[]): MarginResult => ({
  predictedClass: 0,
  label: 0,
  status: perturbation === undefined ? 'not-found' : 'found',
  distance: 0,
  lowerBound: 0,
  logitMargin: -1,
  unresolved: false,
  ...(perturbation && { perturbation: { data: Float32Array.from(perturbation), shape: [2, 2, 1] } }),
  attack: 'test',
  gradientEvaluations: 1,
  converged: true,
});

describe('panel', () => {
  const images = { data: Uint8Array.of(0, 255, 51, 102, 255, 255, 255, 255), shape: [2, 2, 2, 1] };
  const panel = drawPanel(images, [result([0.2, -0.125, 0, 0]), result()]);
  const png = PNG.sync.read(panel.png);
  // Each of the 2 × 2 pixels is a square of 112; cells are 8 apart.
  const grey = (row: number, column: number, y: number, x: number): number => {
    const at = (8 + row * 232 + y * 112 + 56) * png.width + 8 + column * 232 + x * 112 + 56;
    return png.data[4 * at]!;
  };
  const cell = (row: number, column: number): number[] =>
    [0, 1, 2, 3].map((i) => grey(row, column, Math.floor(i / 2), i % 2));

  it('shows original, perturbation around mid-grey at the scale of each, and adversarial image', () => {
    assert.deepEqual([png.width, png.height], [3 * 224 + 4 * 8, 2 * 224 + 3 * 8]);
    assert.deepEqual(panel.scales, [Math.fround(0.2), 0]);
    assert.deepEqual(cell(0, 0), [0, 255, 51, 102]);
    assert.deepEqual(cell(0, 1), [255, 48, 128, 128]);
    assert.deepEqual(cell(0, 2), [51, 223, 51, 102]);
  });

  it('leaves the cells grey where nothing was found', () => {
    assert.deepEqual(cell(1, 0), [255, 255, 255, 255]);
    assert.deepEqual(cell(1, 1), [128, 128, 128, 128]);
    assert.deepEqual(cell(1, 2), [128, 128, 128, 128]);
  });

  it('keeps colours', () => {
    const colour = { data: Uint8Array.of(10, 20, 30), shape: [1, 1, 1, 3] };
    const drawn = PNG.sync.read(drawPanel(colour, [result()]).png);
    const at = 4 * (8 * drawn.width + 8);
    assert.deepEqual([...drawn.data.subarray(at, at + 4)], [10, 20, 30, 255]);
  });
});
