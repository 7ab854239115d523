import { createRequire } from 'node:module';
import type { loadLayersModel } from '@tensorflow/tfjs';

interface WholeTfjs {
  readonly loadLayersModel: typeof loadLayersModel;
}

/**
 * TensorFlow.js' whole package. Loading it registers the gradient of every kernel; in Node the core's own bundle registers none. It is required and
 * not imported: Node 20 searches what it imports for names to export, in this package's bundle for a fifth of a second at each process' start.
 */
export function wholeTfjs(): WholeTfjs {
  return createRequire(import.meta.url)('@tensorflow/tfjs') as WholeTfjs;
}
