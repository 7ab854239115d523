import { unpackPng } from '../../../trainer/data/png-image.js';
import { CommandFailure } from '../report-failure.js';

/** Rec. 601 luma, what a colour image is turned to grey with. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The pixels of a PNG as a model takes them: one byte a value, [height, width, channels]; transparency is ignored.
 *
 * @param file its name, for messages
 * @param inputShape what the model takes: one channel (grey) or three (red, green, blue)
 * @throws CommandFailure or invalid-input naming the file, what was expected and what came
 */
export function decodePng(bytes: Buffer, file: string, inputShape: readonly number[]): Uint8Array {
  const [height = 0, width = 0, channels = 0] = inputShape;
  if (inputShape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new CommandFailure(
      `${file}: the model takes [${inputShape.join(', ')}], which no PNG is; use --shape and --dtype`,
    );
  }
  const image = unpackPng(file, bytes);
  if (image.width !== width || image.height !== height) {
    throw new CommandFailure(
      `${file}: expected ${width} × ${height} pixels, as the model takes, got ${image.width} × ${image.height}`,
    );
  }
  const pixels = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const colour = image.data.subarray(4 * pixel, 4 * pixel + 3);
    if (channels === 3) pixels.set(colour, 3 * pixel);
    else pixels[pixel] = Math.round(LUMA.reduce((sum, share, i) => sum + share * (colour[i] ?? 0), 0));
  }
  return pixels;
}
