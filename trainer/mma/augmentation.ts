import { invalidInput } from '../../core/errors.js';
import type { Random } from '../../core/random.js';

export const AUGMENTATIONS = ['none', 'crop-flip'] as const;
export type Augmentation = (typeof AUGMENTATIONS)[number];

/** Pixels on each side (paper, settings for CIFAR-10). */
const PADDING = 4;
const OFFSETS = 2 * PADDING + 1;
const VARIANTS = OFFSETS * OFFSETS * 2;

/**
 * How each image of a batch is varied: a crop and a flip as one number, (9 · top + left) · 2 + flipped, where the crop begins `top` rows and
 * `left` columns into the padded image, each 0 to 8. Equally likely.
 */
export function drawVariants(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.below(VARIANTS));
}

/** @throws invalid-input if images are too small to be reflected: an edge is not repeated */
export function checkAugmentation(
  augmentation: Augmentation,
  [height, width]: readonly [number, number, number],
): void {
  if (augmentation === 'crop-flip' && Math.min(height, width) <= PADDING)
    throw invalidInput('augmentation', `none for images below ${PADDING + 1} × ${PADDING + 1}`, `${height} × ${width}`);
}

/**
 * Pads an image by reflection without repeating its edge, crops it to its size, and mirrors it if the variant says so:
 *
 *     out[y, x] = in[r(y + top − 4), r(x′ + left − 4)],   x′ = x, or w − 1 − x where it is mirrored,   r(i) = |i| below 0, 2(n − 1) − i from n on
 *
 * @param image [h, w, c]
 * @param variant see {@link drawVariants}
 * @returns a new image of the same shape
 */
export function cropFlipped(
  image: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  variant: number,
): Uint8Array {
  const flipped = variant % 2 === 1;
  const left = Math.floor(variant / 2) % OFFSETS;
  const top = Math.floor(variant / 2 / OFFSETS);
  const columns = Array.from({ length: width }, (_, x) =>
    reflected((flipped ? width - 1 - x : x) + left - PADDING, width),
  );
  const result = new Uint8Array(image.length);
  let place = 0;
  for (let y = 0; y < height; y++) {
    const row = reflected(y + top - PADDING, height) * width;
    for (const column of columns)
      for (let channel = 0; channel < channels; channel++)
        result[place++] = image[(row + column) * channels + channel] ?? 0;
  }
  return result;
}

const reflected = (i: number, extent: number): number => (i < 0 ? -i : i < extent ? i : 2 * (extent - 1) - i);
