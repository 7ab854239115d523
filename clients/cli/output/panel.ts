import type { Images } from '../../client/images.js';
import type { MarginResult } from '../../client/margins.js';
import type { Norm } from '../../client/plain.js';
import { shade, shadeSigned } from '../../../trainer/evaluate/report/image.js';
import { className } from '../model-options.js';
import { ADVANCE_PIXELS, LINE_PIXELS, openCanvas, wrapped } from './canvas.js';
import { unitValues, type EightBitImage } from './eight-bits.js';
import { figure } from './figures.js';

/** What a picture shows. */
export interface PanelContents {
  /** [n, height, width, 1 or 3]. */
  readonly images: Images;
  /** What each is called. */
  readonly names: readonly string[];
  readonly results: readonly MarginResult[];
  /** Of each result with a perturbation. */
  readonly adversarial: readonly (EightBitImage | undefined)[];
  readonly classNames: readonly string[];
  readonly norm: Norm;
}

/** A tile is as large as this, for few images and for many, unless its image is larger. */
const FEW = { images: 6, tilePixels: 196 };
const MANY_TILE_PIXELS = 112;
const GAP_PIXELS = 8;
const MARGIN_PIXELS = 16;
/** Wide enough for several images in a row; wider only if one is. */
const MAX_WIDTH_PIXELS = 2000;

/** How an image, its perturbation and the adversarial image stand side by side, below their caption. */
interface Layout {
  readonly factor: number;
  readonly tile: { readonly width: number; readonly height: number };
  readonly entry: { readonly width: number; readonly captionLines: number; readonly height: number };
  readonly columns: number;
}

/**
 * A PNG with a grid of images, each with its perturbation and the adversarial image beside it, and a caption above. Perturbations are
 * drawn each at the scale of its largest change, which the caption states: a grey one blue (darker) over white to orange (lighter), one in
 * colours around mid-grey. The adversarial image has exactly the values of its 8 bits.
 */
export function drawPanel({ images, names, results, adversarial, classNames, norm }: PanelContents): Buffer {
  const [, height = 0, width = 0, channels = 0] = images.shape;
  const stride = height * width * channels;
  const text = results.map((result, i) => captionOf(names[i] ?? '', result, adversarial[i], classNames, norm));
  const layout = layOut(height, width, text);
  const { factor, tile, entry, columns } = layout;
  const across = Math.min(columns, results.length);
  const canvas = openCanvas(
    across * (entry.width + MARGIN_PIXELS) + MARGIN_PIXELS,
    Math.ceil(results.length / columns) * (entry.height + MARGIN_PIXELS) + MARGIN_PIXELS,
  );
  for (const [i, { perturbation }] of results.entries()) {
    const left = MARGIN_PIXELS + (i % columns) * (entry.width + MARGIN_PIXELS);
    const top = MARGIN_PIXELS + Math.floor(i / columns) * (entry.height + MARGIN_PIXELS);
    const lines = lettersOf(text[i] ?? [], entry.width);
    canvas.text(left, top + (entry.captionLines - lines.length) * LINE_PIXELS, lines);
    const put = (column: number, rgb: Uint8Array): void => {
      canvas.tile(
        left + column * (tile.width + GAP_PIXELS),
        top + entry.captionLines * LINE_PIXELS,
        rgb,
        width,
        factor,
      );
    };
    put(0, shade(unitValues(images, i * stride, stride), channels));
    const end = adversarial[i];
    if (perturbation === undefined || end === undefined) continue;
    put(1, shadeSigned(perturbation.data, channels, largestChange(perturbation.data)));
    put(
      2,
      shade(
        Float32Array.from(end.values, (value) => value / 255),
        channels,
      ),
    );
  }
  return canvas.png();
}

function layOut(height: number, width: number, text: readonly (readonly string[])[]): Layout {
  const side = text.length <= FEW.images ? FEW.tilePixels : MANY_TILE_PIXELS;
  const factor = Math.max(1, Math.round(side / Math.max(height, width)));
  const tile = { width: factor * width, height: factor * height };
  // Narrow images still need room for their captions.
  const entryWidth = Math.max(3 * tile.width + 2 * GAP_PIXELS, 3 * MANY_TILE_PIXELS);
  const captionLines = Math.max(...text.map((lines) => lettersOf(lines, entryWidth).length));
  const entry = { width: entryWidth, captionLines, height: captionLines * LINE_PIXELS + tile.height };
  const square = Math.round(Math.sqrt((text.length * entry.height) / entry.width));
  const most = Math.floor((MAX_WIDTH_PIXELS - MARGIN_PIXELS) / (entry.width + MARGIN_PIXELS));
  return { factor, tile, entry, columns: Math.max(1, Math.min(most, square)) };
}

const lettersOf = (lines: readonly string[], widthPixels: number): string[] =>
  lines.flatMap((line) => wrapped(line, Math.floor(widthPixels / ADVANCE_PIXELS)));

/** What stands above an image, before it is broken into lines. */
export function captionOf(
  name: string,
  result: MarginResult,
  adversarial: EightBitImage | undefined,
  classNames: readonly string[],
  norm: Norm,
): string[] {
  const { label, predictedClass, adversarialClass, status, distance, perturbation } = result;
  const called = (index: number | undefined): string => className(classNames, index);
  switch (status) {
    case 'not-found':
      return [`${name}: ${called(predictedClass)}`, `none found up to ${norm} ${figure(distance)}`];
    case 'misclassified':
      return [`${name}: ${called(label)}, misclassified as ${called(predictedClass)}`, 'nothing to search for'];
    case 'target-reached':
      return [`${name}: ${called(predictedClass)}, the target, already`, 'nothing to search for'];
    case 'found': {
      const scale = perturbation === undefined ? '' : `, colours ±${figure(largestChange(perturbation.data))}`;
      return [
        `${name}: ${called(predictedClass)} → ${called(adversarialClass)}`,
        `${norm} ${figure(distance)}${scale}`,
        ...(adversarial?.succeeds === false ? ['rounded to 8 bits it is classified as before'] : []),
      ];
    }
  }
}

/** max |δ|, the scale of its picture; 0 without one. */
export function largestChange(values: Float32Array | undefined): number {
  return values?.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) ?? 0;
}
