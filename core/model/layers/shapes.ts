import { invalidInput } from '../../errors.js';

/** The shape [height, width, channels] that a layer of images follows. @throws invalid-input */
export function imageShape(shape: readonly number[], layer: string): readonly [number, number, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw invalidInput(`architecture: ${layer}`, 'to follow images [height, width, channels]', `[${shape.join(', ')}]`);
  }
  return [height, width, channels];
}

/** The number of values that a layer of vectors follows. @throws invalid-input */
export function vectorSize(shape: readonly number[], layer: string): number {
  const [size] = shape;
  if (shape.length !== 1 || size === undefined) {
    throw invalidInput(`architecture: ${layer}`, 'to follow vectors [size]', `[${shape.join(', ')}]`);
  }
  return size;
}
