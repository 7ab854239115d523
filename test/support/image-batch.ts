import { createRandom } from '../../core/random.js';
import { DType, type Tensor } from '../../proto/gen/maxmargin/v1/tensor.js';

/** Random 28×28 grey images, and the same as a tensor of the contract. */
export function imageBatch(count: number, seed = 1): { readonly values: Float32Array; readonly tensor: Tensor } {
  const values = createRandom(seed).uniforms(count * 28 * 28);
  return { values, tensor: floatTensor([count, 28, 28, 1], values) };
}

/** Values as a tensor of the contract. */
export function floatTensor(shape: readonly number[], values: Float32Array): Tensor {
  return {
    shape: shape.map(BigInt),
    dtype: DType.FLOAT32,
    data: Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  };
}

/** The values of a FLOAT32 tensor. */
export function floatsOf({ data }: Tensor): Float32Array {
  return new Float32Array(new Uint8Array(data).buffer);
}
