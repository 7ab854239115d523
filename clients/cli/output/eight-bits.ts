import type { Images } from '../../client/images.js';
import type { MarginResult } from '../../client/margins.js';
import type { MaxMarginClient } from '../../client/connect.js';
import type { ModelSelector } from '../../client/models.js';

/** An adversarial image as a file of 8 bits a value holds it. */
export interface EightBitImage {
  /** [height, width, channels]. */
  readonly values: Uint8Array;
  /** Whether it is still classified otherwise than its label, or as the target. */
  readonly succeeds: boolean;
}

/**
 * How far a changed value must lie behind a level, as a fraction of the way to the next one away from the original, to be moved on to that:
 * first to the nearest level, then more and more of them away from the original, then towards it.
 */
const THRESHOLDS = [0.5, 0.35, 0.2, 0.1, 0.03, 0, 0.75, 1] as const;

/** Below this fraction of a level a value counts as lying on it: float32 differences, not changes. */
const ROUNDING = 1e-4;

/**
 * Each adversarial image in 256 levels. Rounding may undo it, since the search ends as near to the boundary as it can: the first of several
 * roundings is taken that the model, asked again, still classifies as it should be; if none is, the nearest levels.
 *
 * @param target the class that was searched for, if one was
 * @returns undefined where there is no perturbation
 */
export async function inEightBits(
  client: Pick<MaxMarginClient, 'classify'>,
  model: ModelSelector,
  images: Images,
  results: readonly MarginResult[],
  target: number | undefined,
): Promise<(EightBitImage | undefined)[]> {
  const imageShape = images.shape.slice(1);
  const stride = images.data.length / Math.max(1, results.length);
  const found: (EightBitImage | undefined)[] = results.map(() => undefined);
  let open = results.flatMap(({ perturbation }, i) => (perturbation === undefined ? [] : [i]));
  for (const threshold of THRESHOLDS) {
    if (open.length === 0) break;
    const candidates = open.map((i) => {
      const original = unitValues(images, i * stride, stride);
      return rounded(original, results[i]?.perturbation?.data ?? new Float32Array(stride), threshold);
    });
    const data = new Uint8Array(Buffer.concat(candidates));
    const answers = await client.classify({ data, shape: [open.length, ...imageShape] }, { model });
    for (const [k, i] of open.entries()) {
      const answer = answers.results[k]?.predictedClass;
      const succeeds = target === undefined ? answer !== results[i]?.label : answer === target;
      const values = candidates[k];
      if (values !== undefined && (succeeds || found[i] === undefined)) found[i] = { values, succeeds };
    }
    open = open.filter((i) => found[i]?.succeeds !== true);
  }
  return found;
}

/** @param threshold see {@link THRESHOLDS} */
function rounded(original: Float32Array, change: Float32Array, threshold: number): Uint8Array {
  return Uint8Array.from(original, (from, i) => {
    const by = change[i] ?? 0;
    const level = 255 * (from + by);
    const nearest = Math.round(level);
    if (by === 0 || Math.abs(level - nearest) < ROUNDING) return clipped(nearest);
    const towards = by > 0 ? Math.floor(level) : Math.ceil(level);
    return clipped(Math.abs(level - towards) >= threshold ? towards + Math.sign(by) : towards);
  });
}

const clipped = (level: number): number => Math.min(255, Math.max(0, level));

/** Values of a batch as the model sees them: bytes divided by 255. */
export function unitValues(images: Images, start: number, length: number): Float32Array {
  const values = images.data.subarray(start, start + length);
  return values instanceof Float32Array ? values : Float32Array.from(values, (value) => value / 255);
}
