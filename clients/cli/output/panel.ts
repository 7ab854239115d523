import { PNG } from 'pngjs';
import type { Images } from '../../client/images.js';
import type { MarginResult } from '../../client/margins.js';

/** What a saved picture shows, for the line that states it. */
export interface Panel {
  readonly png: Buffer;
  /** Of each perturbation: −scale is black, 0 mid-grey, +scale white. */
  readonly scales: readonly number[];
}

/** Wide enough for a person to see single pixels. */
const CELL_PIXELS = 224;
const GAP_PIXELS = 8;
const BACKGROUND = 255;

/**
 * One row an image: the original, the perturbation, the adversarial image; each pixel enlarged to a square. Perturbations are drawn
 * around mid-grey, each at the scale of its largest change, since a short one would not be seen at that of a long one. Without a perturbation the two cells stay mid-grey.
 *
 * @param images [n, height, width, 1 or 3]
 */
export function drawPanel(images: Images, results: readonly MarginResult[]): Panel {
  const [, height = 0, width = 0, channels = 0] = images.shape;
  const stride = height * width * channels;
  const factor = Math.max(1, Math.ceil(CELL_PIXELS / Math.max(height, width)));
  const cell = { width: width * factor, height: height * factor };
  const png = new PNG({
    width: 3 * cell.width + 4 * GAP_PIXELS,
    height: results.length * (cell.height + GAP_PIXELS) + GAP_PIXELS,
  });
  png.data.fill(BACKGROUND);

  const scales = results.map(({ perturbation }) => largestChange(perturbation?.data));
  const draw = (row: number, column: number, value: (index: number) => number): void => {
    const left = GAP_PIXELS + column * (cell.width + GAP_PIXELS);
    const top = GAP_PIXELS + row * (cell.height + GAP_PIXELS);
    for (let y = 0; y < cell.height; y++) {
      for (let x = 0; x < cell.width; x++) {
        const pixel = (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels;
        const at = 4 * ((top + y) * png.width + left + x);
        for (let c = 0; c < 3; c++) {
          png.data[at + c] = Math.round(255 * Math.min(1, Math.max(0, value(pixel + Math.min(c, channels - 1)))));
        }
      }
    }
  };

  for (const [row, { perturbation }] of results.entries()) {
    const original = unitValues(images, row * stride, stride);
    const change = perturbation?.data;
    const scale = scales[row] ?? 0;
    draw(row, 0, (index) => original[index] ?? 0);
    draw(row, 1, (index) => 0.5 + (scale === 0 ? 0 : (change?.[index] ?? 0) / (2 * scale)));
    draw(row, 2, (index) => (change === undefined ? 0.5 : (original[index] ?? 0) + (change[index] ?? 0)));
  }
  return { png: PNG.sync.write(png), scales };
}

/** Values of a batch as the model sees them: bytes divided by 255. */
export function unitValues(images: Images, start: number, length: number): Float32Array {
  const values = images.data.subarray(start, start + length);
  return values instanceof Float32Array ? values : Float32Array.from(values, (value) => value / 255);
}

function largestChange(values: Float32Array | undefined): number {
  return values?.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) ?? 0;
}
