import { PNG } from 'pngjs';
import { markup, type Markup } from './markup.js';

/** height, width, channels. */
export type ImageShape = readonly [number, number, number];

/** Larger images are shown smaller: a report stays small. */
const LARGEST_SIDE = 128;

/** Of the colours that a perturbation of grey pixels is shown in: towards black, none, towards white. Told apart in any sight of colours. */
const DOWN = [33, 102, 172] as const;
const UP = [214, 96, 20] as const;

/** float32 values [h, w, c] from little-endian bytes in base64; undefined if they are not as many. */
export function readValues(base64: string, [height, width, channels]: ImageShape): Float32Array | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const count = height * width * channels;
  if (bytes.length !== 4 * count || (channels !== 1 && channels !== 3)) return undefined;
  return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * i));
}

/** Bytes of red, green and blue for values of 0 to 1. */
export function shade(values: Float32Array, channels: number): Uint8Array {
  return eachPixel(
    values.length / channels,
    (pixel, c) => 255 * (values[pixel * channels + Math.min(c, channels - 1)] ?? 0),
  );
}

/** Bytes of red, green and blue for values of −scale to scale: grey where nothing changes in colours, white in a single channel. */
export function shadeSigned(values: Float32Array, channels: number, scale: number): Uint8Array {
  return eachPixel(values.length / channels, (pixel, c) => {
    const fraction = scale > 0 ? (values[pixel * channels + Math.min(c, channels - 1)] ?? 0) / scale : 0;
    if (channels > 1) return 127.5 + 127.5 * fraction;
    const towards = (fraction < 0 ? DOWN : UP)[c] ?? 0;
    return 255 + (towards - 255) * Math.min(1, Math.abs(fraction));
  });
}

/** A PNG of bytes of red, green and blue, [h, w, 3]. @param grey whether the file is to hold one sample a pixel: all three are equal then */
export function encodePng(rgb: Uint8Array, height: number, width: number, grey: boolean): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) {
    png.data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
    png.data[4 * i + 3] = 255;
  }
  return PNG.sync.write(png, { colorType: grey ? 0 : 2, deflateLevel: 9 });
}

/** An image as a PNG inside of the page. */
export function image(rgb: Uint8Array, [height, width]: ImageShape, description: string): Markup {
  const { bytes, height: rows, width: columns } = reduced(rgb, height, width);
  const grey = bytes.every((value, i) => value === bytes[i - (i % 3)]);
  const data = encodePng(bytes, rows, columns, grey).toString('base64');
  return markup`<img src="data:image/png;base64,${data}" width="${columns}" height="${rows}" alt="${description}">`;
}

function eachPixel(pixels: number, value: (pixel: number, channel: number) => number): Uint8Array {
  const rgb = new Uint8Array(3 * pixels);
  for (let i = 0; i < rgb.length; i++) rgb[i] = Math.max(0, Math.min(255, Math.round(value(Math.floor(i / 3), i % 3))));
  return rgb;
}

/** Means of squares of pixels, as large as it takes. */
function reduced(rgb: Uint8Array, height: number, width: number): { bytes: Uint8Array; height: number; width: number } {
  const side = Math.ceil(Math.max(height, width) / LARGEST_SIDE);
  if (side <= 1) return { bytes: rgb, height, width };
  const [rows, columns] = [Math.max(1, Math.floor(height / side)), Math.max(1, Math.floor(width / side))];
  const bytes = eachPixel(rows * columns, (pixel, c) => {
    const [top, left] = [side * Math.floor(pixel / columns), side * (pixel % columns)];
    let sum = 0;
    let seen = 0;
    for (let y = top; y < Math.min(height, top + side); y++) {
      for (let x = left; x < Math.min(width, left + side); x++, seen++) sum += rgb[3 * (y * width + x) + c] ?? 0;
    }
    return sum / seen;
  });
  return { bytes, height: rows, width: columns };
}
