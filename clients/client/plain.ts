import type { Timestamp } from '../../proto/gen/google/protobuf/timestamp.js';
import { Norm as NormCode } from '../../proto/gen/maxmargin/v1/model.js';

/** What the length of a perturbation is measured in. */
export type Norm = 'linf' | 'l2';

/** An int64 as a number. @throws RangeError beyond 2^53 − 1, where numbers have gaps */
export function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`expected an integer below 2^53, got ${String(value)}`);
  return number;
}

/** A count as an int64, 0 (the service's default) if not given. */
export function int64(value: number | undefined): bigint {
  return BigInt(value ?? 0);
}

export function toDate(time: Timestamp | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(safeNumber(time.seconds) * 1000 + time.nanos / 1e6);
}

export function normToCode(norm: Norm | undefined): NormCode {
  if (norm === undefined) return NormCode.UNSPECIFIED;
  return norm === 'linf' ? NormCode.LINF : NormCode.L2;
}

export function normFromCode(code: NormCode): Norm {
  return code === NormCode.L2 ? 'l2' : 'linf';
}
