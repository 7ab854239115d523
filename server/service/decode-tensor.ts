import { invalidInput } from '../../core/errors.js';
import type { Bounds } from '../../core/margin/threat-model.js';
import { sizeOf } from '../../core/shape.js';
import { DType, dTypeToJSON, type Tensor } from '../../proto/gen/maxmargin/v1/tensor.js';
import type { InputBatch } from '../predictor/messages.js';

/** What inputs must be. */
export interface InputRules {
  /** The shape of one input. */
  readonly inputShape: readonly number[];
  readonly bounds: Bounds;
  readonly maxBatch: number;
}

const BYTES: Readonly<Partial<Record<DType, number>>> = { [DType.FLOAT32]: 4, [DType.UINT8]: 1 };

/**
 * The inputs that a client sent, checked. Nothing is allocated before what the tensor claims is known to be what came.
 *
 * @throws invalid-input naming the field, what was expected and what came
 */
export function decodeInputs(field: string, tensor: Tensor | undefined, rules: InputRules): InputBatch {
  if (tensor === undefined) throw invalidInput(field, 'a tensor', 'none');
  const bytesPerValue = BYTES[tensor.dtype];
  if (bytesPerValue === undefined) {
    const came = `${dTypeToJSON(tensor.dtype)} (${tensor.dtype})`;
    throw invalidInput(`${field}.dtype`, 'D_TYPE_FLOAT32 or D_TYPE_UINT8', came);
  }
  const count = countOf(field, tensor.shape, rules);
  const valueCount = count * sizeOf(rules.inputShape);
  const byteCount = valueCount * bytesPerValue;
  if (tensor.data.byteLength !== byteCount) {
    throw invalidInput(`${field}.data`, `${byteCount} bytes for the shape`, `${tensor.data.byteLength} bytes`);
  }
  const values = tensor.dtype === DType.UINT8 ? scaled(tensor.data) : floats(tensor.data);
  checkValues(field, values, valueCount / count, rules.bounds);
  return { count, values };
}

function countOf(field: string, shape: readonly bigint[], { inputShape, maxBatch }: InputRules): number {
  const expected = `[n, ${inputShape.join(', ')}]`;
  const [count = 0n, ...rest] = shape;
  const fits = rest.length === inputShape.length && rest.every((extent, i) => extent === BigInt(inputShape[i] ?? -1));
  if (!fits) {
    const shown = shape.length > 8 ? `${shape.length} dimensions` : `[${shape.join(', ')}]`;
    throw invalidInput(`${field}.shape`, expected, shown);
  }
  if (count < 1n || count > BigInt(maxBatch)) {
    throw invalidInput(`${field}.shape`, `${expected} with n from 1 to ${maxBatch}`, `n = ${count}`);
  }
  return Number(count);
}

// Copied, because the bytes of a message need not lie where float32 may.
const floats = (data: Uint8Array): Float32Array => new Float32Array(new Uint8Array(data).buffer);

const scaled = (data: Uint8Array): Float32Array => Float32Array.from(data, (byte) => byte / 255);

function checkValues(field: string, values: Float32Array, valuesPerInput: number, bounds: Bounds): void {
  // As float32, like the values: 0.1 as float64 would refuse 0.1 as float32.
  const [lower, upper] = [Math.fround(bounds.lower), Math.fround(bounds.upper)];
  const bad = values.findIndex((value) => !(value >= lower && value <= upper));
  if (bad < 0) return;
  const place = `${field}.data: input ${Math.floor(bad / valuesPerInput)}, value ${bad % valuesPerInput}`;
  throw invalidInput(place, `a number from ${bounds.lower} to ${bounds.upper}`, String(values[bad]));
}
