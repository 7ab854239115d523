import { setTimeout as delay } from 'node:timers/promises';

/** Reads until what is read is wanted: for state that nobody announces. @throws after `limitMs`, with the last value */
export async function eventually<T>(
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  limitMs = 20_000,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > endMs) throw new Error(`still ${JSON.stringify(value)} after ${limitMs} ms`);
    await delay(20);
  }
}
