import { sizeOf } from '../../../core/shape.js';
import type { Images } from '../../client/images.js';
import { CommandFailure } from '../report-failure.js';

export const RAW_TYPES = ['uint8', 'float32'] as const;
export type RawType = (typeof RAW_TYPES)[number];

/**
 * Images from the bytes of a file without any header, row-major.
 *
 * @param shape [n, height, width, channels], or [height, width, channels] for one image
 * @throws CommandFailure naming the file, what was expected and what came
 */
export function decodeRaw(bytes: Buffer, file: string, shape: readonly number[], type: RawType): Images {
  const batched = shape.length === 3 ? [1, ...shape] : shape;
  const size = sizeOf(batched);
  const expectedBytes = size * (type === 'float32' ? 4 : 1);
  if (bytes.length !== expectedBytes) {
    throw new CommandFailure(
      `${file}: expected ${expectedBytes} bytes for ${type} of shape ${batched.join(' × ')}, got ${bytes.length}`,
    );
  }
  if (type === 'uint8') return { data: new Uint8Array(bytes), shape: batched };
  return { data: Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(4 * i)), shape: batched };
}
