import { createRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import type { Dataset, Examples, Split } from '../dataset.js';
import { GLYPHS } from './glyphs.js';
import type { Glyph, Point, Stroke } from './glyphs.js';
import { drawLine, polyline } from './rasterise.js';

const SIDE = 28;
const CENTRE = (SIDE - 1) / 2;
const COUNTS: Readonly<Record<Split, number>> = { train: 6000, test: 1000 };
/** The seeds of the two splits. */
const SEEDS: Readonly<Record<Split, number>> = { train: 1, test: 2 };

/**
 * Digits as strokes of a pen, made by this program: 28×28 grey, ten classes of equal size, 6,000 training and 1,000 test examples.
 *
 * Each example is one of a few ways to write its digit, with its points moved, stretched, sheared, rotated and shifted, drawn with a pen of
 * its own width and darkness, and a little noise. The background is 0 but for the noise.
 * The bytes are the same on every platform: only +, −, ×, ÷ and √ are used, which IEEE 754 rounds exactly.
 */
export function digits(): Dataset {
  return {
    name: 'digits',
    inputShape: [SIDE, SIDE, 1],
    labelNames: GLYPHS.map((_, digit) => String(digit)),
    read: (split) => Promise.resolve(makeDigits(COUNTS[split], SEEDS[split])),
  };
}

/** Seeded examples of hand-drawn digits, in random order, each digit as often as any other (± 1). */
export function makeDigits(count: number, seed: number): Examples {
  const random = createRandom(seed);
  const labels = Uint8Array.from(random.permutation(count), (i) => i % GLYPHS.length);
  const images = new Uint8Array(count * SIDE * SIDE);
  for (const [i, digit] of labels.entries()) {
    const glyphs = GLYPHS[digit] ?? [];
    const glyph = glyphs[random.below(glyphs.length)] ?? [];
    drawDigit(images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), glyph, random);
  }
  return { count, images, labels };
}

function drawDigit(pixels: Uint8Array, glyph: Glyph, random: Random): void {
  const place = placement(random);
  const halfWidth = between(random, 0.75, 1.6);
  const ink = between(random, 0.85, 1);
  const coverage = new Float64Array(SIDE * SIDE);
  for (const stroke of glyph) drawLine(coverage, SIDE, polyline(moved(stroke, random)).map(place), halfWidth);
  for (const [i, covered] of coverage.entries()) {
    const value = covered * ink + noise(random);
    pixels[i] = Math.round(255 * Math.max(0, Math.min(1, value)));
  }
}

/** The stroke with each of its points a little elsewhere. */
function moved(stroke: Stroke, random: Random): Stroke {
  const wobble = 0.045;
  return stroke.map((run) =>
    run.map(([x, y]): Point => [x + between(random, -wobble, wobble), y + between(random, -wobble, wobble)]),
  );
}

/** A random affine map from the unit square into the image, in pixels. */
function placement(random: Random): (point: Point) => Point {
  const height = between(random, 16, 21);
  const width = height * between(random, 0.6, 0.95);
  const shear = between(random, -0.1, 0.35);
  // tan(angle / 2), because sines and cosines are not rounded the same everywhere: ± 12 degrees.
  const half = between(random, -0.105, 0.105);
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  const [shiftX, shiftY] = [between(random, -1.5, 1.5), between(random, -1.5, 1.5)];
  return ([x, y]) => {
    const v = (y - 0.5) * height;
    const u = (x - 0.5) * width - shear * v;
    return [CENTRE + shiftX + cos * u - sin * v, CENTRE + shiftY + sin * u + cos * v];
  };
}

/** Mostly 0; in [−0.1, 0.1] for one value in eight. */
function noise(random: Random): number {
  const word = random.uniform() * 8;
  return word < 1 ? (2 * word - 1) * 0.1 : 0;
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}
