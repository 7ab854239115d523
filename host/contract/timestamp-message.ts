import type { Timestamp } from '../../proto/gen/google/protobuf/timestamp.js';

/** A moment, in milliseconds since the epoch, as the contract says it. */
export function timestampMessage(epochMs: number): Timestamp {
  const seconds = Math.floor(epochMs / 1_000);
  return { seconds: BigInt(seconds), nanos: Math.round((epochMs - seconds * 1_000) * 1e6) };
}
