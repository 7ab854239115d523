import type { World } from './world.js';

/** Whether any process says so, as all of them hear it. */
export function anyOf(world: World, says: boolean): boolean {
  const votes = Int32Array.of(says ? 1 : 0);
  world.total(votes);
  return votes[0] !== 0;
}

/** Whether all processes have the same text, as all of them hear it. */
export function sameInAll(world: World, text: string): boolean {
  if (world.size === 1) return true;
  const first = new TextDecoder().decode(broadcast(world, new TextEncoder().encode(text)));
  return !anyOf(world, first !== text);
}

/** Bytes of the process of rank 0, in all processes. @param bytes read on rank 0 alone */
export function broadcast(world: World, bytes: Uint8Array): Uint8Array {
  if (world.size === 1) return bytes;
  const speaks = world.rank === 0;
  const length = Float64Array.of(speaks ? bytes.length : 0);
  world.total(length);
  const [sizeBytes = 0] = length;
  // What the others add is zero.
  const words = new Int32Array(Math.ceil(sizeBytes / Int32Array.BYTES_PER_ELEMENT));
  const received = new Uint8Array(words.buffer, 0, sizeBytes);
  if (speaks) received.set(bytes);
  world.total(words);
  return received;
}
