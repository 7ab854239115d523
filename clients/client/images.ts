import { endianness } from 'node:os';
import { DType } from '../../proto/gen/maxmargin/v1/tensor.js';
import type { Tensor } from '../../proto/gen/maxmargin/v1/tensor.js';

/** A batch of images, row-major: [n, height, width, channels], or whatever the model takes behind n. */
export interface Images {
  /** Float32Array: values between the model's bounds; Uint8Array: 0 … 255, which the service scales by 1/255. */
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** A dense array as it comes back: a perturbation. */
export interface Array32 {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** An image, or a batch of them, that cannot be sent. */
export class InvalidImagesError extends Error {
  override readonly name = 'InvalidImagesError';
}

const product = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/**
 * Checks what can be known without the model.
 *
 * @throws InvalidImagesError naming the field, what was expected and what came
 */
export function checkImages(images: Images): void {
  const { data, shape } = images as { readonly data: unknown; readonly shape: unknown };
  const unknown = Object.keys(images).find((field) => field !== 'data' && field !== 'shape');
  if (unknown !== undefined)
    throw new InvalidImagesError(`images.${unknown}: expected data and shape alone, got an unknown field`);
  if (!(data instanceof Float32Array || data instanceof Uint8Array))
    throw new InvalidImagesError(
      `images.data: expected a Float32Array or a Uint8Array, got ${kindOf(data)}${Array.isArray(data) ? ': wrap it as Float32Array.from(data)' : ''}`,
    );
  if (!Array.isArray(shape)) throw new InvalidImagesError(`images.shape: expected an array, got ${kindOf(shape)}`);
  checkShape(data, shape as readonly unknown[]);
  if (data instanceof Float32Array) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new InvalidImagesError(`images.data[${at}]: expected a finite number, got ${data[at]}`);
  }
}

/** What a value is, for a message. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object' || value === null) return String(value);
  return `a ${value.constructor.name}`;
}

function checkShape(data: Float32Array | Uint8Array, shape: readonly unknown[]): void {
  const written = `[${shape.join(', ')}]`;
  if (shape.length < 2 || !shape.every(isExtent)) {
    throw new InvalidImagesError(
      `images.shape: expected [n, height, width, channels], each at least 1, got ${written}`,
    );
  }
  const size = product(shape);
  if (data.length !== size) {
    throw new InvalidImagesError(`images.data: expected ${size} values for shape ${written}, got ${data.length}`);
  }
}

const isExtent = (extent: unknown): extent is number => Number.isSafeInteger(extent) && (extent as number) > 0;

/** What the images of one request may take: a server accepts messages of 64 MiB unless it is told otherwise. */
const MAX_REQUEST_BYTES = 48 * 2 ** 20;

/** Cuts a batch into batches of at most `maxBatch` images, and as many as one message carries, that share its memory. @throws InvalidImagesError if one is too large */
export function splitImages(images: Images, maxBatch: number): Images[] {
  const [count = 0, ...imageShape] = images.shape;
  const stride = product(imageShape);
  const imageBytes = stride * images.data.BYTES_PER_ELEMENT;
  if (imageBytes > MAX_REQUEST_BYTES)
    throw new InvalidImagesError(`images: expected images of at most ${MAX_REQUEST_BYTES} bytes, got ${imageBytes}`);
  const most = Math.min(maxBatch, Math.floor(MAX_REQUEST_BYTES / imageBytes));
  const parts: Images[] = [];
  for (let start = 0; start < count; start += most) {
    const end = Math.min(count, start + most);
    parts.push({ data: images.data.subarray(start * stride, end * stride), shape: [end - start, ...imageShape] });
  }
  return parts;
}

export function imagesToTensor(images: Images): Tensor {
  const { data, shape } = images;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    shape: shape.map(BigInt),
    dtype: data instanceof Float32Array ? DType.FLOAT32 : DType.UINT8,
    data: data instanceof Float32Array ? littleEndian(bytes) : bytes,
  };
}

/** A FLOAT32 tensor's values, copied: the bytes of a message need not lie on a multiple of four. */
export function tensorToArray(tensor: Tensor): Array32 {
  if (tensor.dtype !== DType.FLOAT32) throw new TypeError(`tensor.dtype: expected FLOAT32, got ${tensor.dtype}`);
  const bytes = new Uint8Array(littleEndian(Buffer.from(tensor.data)));
  return { data: new Float32Array(bytes.buffer), shape: tensor.shape.map(Number) };
}

function littleEndian(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}
