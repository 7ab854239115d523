import { createHash } from 'node:crypto';
import type { Examples } from './dataset.js';

/** SHA-256, in hex, of examples: how many, their values and their labels, part after part. */
export function fingerprint(...parts: readonly Examples[]): string {
  const hash = createHash('sha256');
  for (const { count, images, labels } of parts) hash.update(`${count}\n`).update(images).update(labels);
  return hash.digest('hex');
}
