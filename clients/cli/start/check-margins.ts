import type { Images } from '../../client/images.js';
import type { MarginResult } from '../../client/margins.js';
import type { MaxMarginClient } from '../../client/connect.js';
import type { ModelVersion } from '../../client/models.js';
import type { Norm } from '../../client/plain.js';
import { unitValues } from '../output/eight-bits.js';

/** A distance and the norm of its perturbation may differ by float32 rounding. */
const TOLERANCE = 1e-5;

/**
 * Checks each answer without trusting the search that gave it: a perturbation has the length that was stated, leads to values that the
 * model takes, and the point it leads to, classified again, is of the class that was stated and not of the label. An image that was
 * called misclassified is. Where nothing was found there is nothing to check but the class.
 *
 * @returns what is wrong with each answer; undefined: nothing
 */
export async function checkMargins(
  client: Pick<MaxMarginClient, 'classify'>,
  version: ModelVersion,
  images: Images,
  results: readonly MarginResult[],
): Promise<(string | undefined)[]> {
  const model = { name: version.name, version: version.version };
  const stride = images.data.length / results.length;
  const originals = unitValues(images, 0, images.data.length);
  const points = Float32Array.from(originals);
  for (const [i, { perturbation }] of results.entries()) {
    perturbation?.data.forEach((change, at) => {
      points[i * stride + at] = Math.fround((originals[i * stride + at] ?? NaN) + change);
    });
  }
  const outside = results.map((_, i) => {
    const { lower, upper } = version.bounds;
    return points.subarray(i * stride, (i + 1) * stride).some((value) => !(value >= lower && value <= upper));
  });
  // The service refuses a whole batch for one value that the model does not take.
  const sendable = Float32Array.from(points, (value) =>
    Math.min(version.bounds.upper, Math.max(version.bounds.lower, value)),
  );
  const clean = await client.classify(images, { model });
  const moved = await client.classify({ data: sendable, shape: images.shape }, { model });
  return results.map((result, i) => {
    if (outside[i] === true) return 'the point lies outside the bounds';
    const classes = { clean: clean.results[i]?.predictedClass, moved: moved.results[i]?.predictedClass };
    return faultOf(result, version.norm, classes);
  });
}

function faultOf(
  result: MarginResult,
  norm: Norm,
  classes: { readonly clean: number | undefined; readonly moved: number | undefined },
): string | undefined {
  const { status, distance, label, perturbation, adversarialClass, predictedClass } = result;
  if (classes.clean !== predictedClass) return `the image is of class ${classes.clean ?? '–'}`;
  if (status === 'misclassified') {
    return distance === 0 && predictedClass !== label ? undefined : 'the image is classified correctly';
  }
  if (status === 'target-reached') return 'no target was asked for';
  if (predictedClass !== label) return 'the image is misclassified';
  if (status === 'not-found') return undefined;
  if (perturbation === undefined) return 'the perturbation is missing';
  const length = lengthOf(perturbation.data, norm);
  if (!(Math.abs(length - distance) <= TOLERANCE * distance)) return `the perturbation is ${length} long`;
  if (classes.moved === label || classes.moved !== adversarialClass)
    return `the point is of class ${classes.moved ?? '–'}`;
  return undefined;
}

/** ‖δ‖, in double precision. */
function lengthOf(perturbation: Float32Array, norm: Norm): number {
  return norm === 'linf'
    ? perturbation.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
    : Math.sqrt(perturbation.reduce((sum, value) => sum + value * value, 0));
}
