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

/** A message with numbers for its int64, where everything may be left out. */
export type Plain<T> = { readonly [K in keyof T]?: PlainValue<T[K]> | undefined };
type PlainValue<T> = T extends bigint ? number : T extends (infer E)[] ? readonly PlainElement<E>[] : T;
type PlainElement<E> = E extends object ? { readonly [K in keyof E]: PlainValue<E[K]> } : PlainValue<E>;

/** @throws RangeError as {@link safeNumber} */
export function plain<T>(value: T): Plained<T>;
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return safeNumber(value);
  if (Array.isArray(value)) return value.map((each) => plain(each as unknown));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each as unknown)]));
}
type Plained<T> = T extends bigint ? number : T extends object ? { [K in keyof T]: Plained<T[K]> } : T;

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
