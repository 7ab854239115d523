import { readImage } from '../../../trainer/data/image-file.js';
import type { Images } from '../../client/images.js';
import { CommandFailure } from '../report-failure.js';

/**
 * PNG and JPEG files as a batch, by the rule of {@link readImage}: bytes, or values of 0 to 1 if any file has more than 8 bits a sample.
 *
 * @param inputShape what the model takes: [height, width, channels]
 * @throws CommandFailure or invalid-input naming the file, what was expected and what came
 */
export async function decodeImages(
  files: readonly { readonly path: string; readonly bytes: Buffer }[],
  inputShape: readonly number[],
): Promise<Images> {
  const [height = 0, width = 0, channels] = inputShape;
  if (inputShape.length !== 3 || (channels !== 1 && channels !== 3)) {
    const shape = inputShape.join(', ');
    throw new CommandFailure(
      `${files[0]?.path ?? 'files'}: the model takes [${shape}], which no image file is; use --shape and --dtype`,
    );
  }
  const size = { height, width, channels } as const;
  const images: (Uint8Array | Uint16Array)[] = [];
  for (const { path, bytes } of files) images.push(await readImage(path, bytes, size, 'the model takes'));
  const shape = [files.length, ...inputShape];
  const deep = images.some((values) => values instanceof Uint16Array);
  const data = new (deep ? Float32Array : Uint8Array)(files.length * height * width * channels);
  for (const [i, values] of images.entries()) {
    const scale = values instanceof Uint16Array ? 65_535 : 255;
    data.set(deep ? Float32Array.from(values, (value) => value / scale) : values, i * values.length);
  }
  return { data, shape };
}
