import { PNG } from 'pngjs';
import type { DatasetInfo, Examples } from './dataset.js';

/** Between images, and around them, in pixels. */
const GAP = 2;

/** A PNG of the first examples, row by row, for people to look at. */
export function contactSheet(
  { inputShape: [height, width, channels] }: Pick<DatasetInfo, 'inputShape'>,
  examples: Examples,
  { columns = 20, rows = 10 }: { readonly columns?: number; readonly rows?: number } = {},
): Uint8Array {
  const png = new PNG({ width: columns * (width + GAP) + GAP, height: rows * (height + GAP) + GAP });
  png.data.fill(0x60);
  const count = Math.min(examples.count, columns * rows);
  for (let i = 0; i < count; i++) {
    const left = GAP + (i % columns) * (width + GAP);
    const top = GAP + Math.floor(i / columns) * (height + GAP);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((i * height + y) * width + x) * channels;
        const to = ((top + y) * png.width + left + x) * 4;
        for (let c = 0; c < 3; c++) png.data[to + c] = examples.images[from + Math.min(c, channels - 1)] ?? 0;
      }
    }
  }
  for (let i = 3; i < png.data.length; i += 4) png.data[i] = 255;
  return PNG.sync.write(png);
}
