import assert from 'node:assert/strict';
import { inEightBits } from '../../../../../clients/cli/output/eight-bits.js';
import type { Images } from '../../../../../clients/client/images.js';
import type { MarginResult } from '../../../../../clients/client/margins.js';

const found = (perturbation: readonly number[] | undefined, label = 0): MarginResult => ({
  predictedClass: label,
  label,
  status: perturbation === undefined ? 'not-found' : 'found',
  distance: 0,
  lowerBound: 0,
  logitMargin: -1,
  unresolved: false,
  ...(perturbation && { perturbation: { data: Float32Array.from(perturbation), shape: [1, 2, 1] } }),
  attack: 'test',
  gradientEvaluations: 1,
  converged: true,
});

/** Answers with the class that a rule says of the two bytes of each image; counts the images it was asked about. */
function classifierOf(rule: (a: number, b: number) => number) {
  const asked: number[] = [];
  return {
    asked,
    classify: ({ data, shape }: Images) => {
      assert.ok(data instanceof Uint8Array);
      asked.push(shape[0] ?? 0);
      const results = Array.from({ length: shape[0] ?? 0 }, (_, i) => ({
        predictedClass: rule(data[2 * i] ?? 0, data[2 * i + 1] ?? 0),
        probabilities: [],
        logits: [],
      }));
      return Promise.resolve({ results, model: 'm', version: 1 });
    },
  };
}

describe('adversarial images in 8 bits', () => {
  const images = { data: Uint8Array.of(100, 100), shape: [1, 1, 2, 1] };
  const values = async (classifier: ReturnType<typeof classifierOf>, change: readonly number[], target?: number) => {
    const [image] = await inEightBits(classifier, { name: 'm' }, images, [found(change)], target);
    return { values: image && [...image.values], succeeds: image?.succeeds };
  };

  it('are at the nearest levels where that succeeds', async () => {
    const classifier = classifierOf((a) => (a >= 103 ? 1 : 0));
    assert.deepEqual(await values(classifier, [2.6 / 255, -2.4 / 255]), { values: [103, 98], succeeds: true });
    assert.deepEqual(classifier.asked, [1]);
  });

  it('move away from the original where the nearest levels are on its side', async () => {
    const up = classifierOf((a) => (a >= 103 ? 1 : 0));
    assert.deepEqual(await values(up, [2.3 / 255, 0]), { values: [103, 100], succeeds: true });
    const down = classifierOf((_, b) => (b <= 97 ? 1 : 0));
    assert.deepEqual(await values(down, [0, -2.01 / 255]), { values: [100, 97], succeeds: true });
  });

  it('move towards the original where that alone succeeds, and never beyond 0 and 255', async () => {
    const band = classifierOf((a) => (a === 102 ? 1 : 0));
    assert.deepEqual(await values(band, [2.9 / 255, 0]), { values: [102, 100], succeeds: true });
    const none = classifierOf(() => 0);
    const edge = { data: Uint8Array.of(0, 255), shape: [1, 1, 2, 1] };
    const [image] = await inEightBits(none, { name: 'm' }, edge, [found([-1e-3, 1e-3])], undefined);
    assert.deepEqual([...(image?.values ?? [])], [0, 255]);
  });

  it('say so where no rounding succeeds, and are the nearest levels then', async () => {
    const classifier = classifierOf(() => 0);
    assert.deepEqual(await values(classifier, [2.3 / 255, 0]), { values: [102, 100], succeeds: false });
  });

  it('must reach the target, if there is one', async () => {
    const classifier = classifierOf((a) => (a === 102 ? 1 : a === 103 ? 2 : 0));
    assert.deepEqual(await values(classifier, [2.3 / 255, 0], 2), { values: [103, 100], succeeds: true });
  });

  it('are asked about only where there is a perturbation and no success yet', async () => {
    const classifier = classifierOf((a) => (a >= 103 ? 1 : 0));
    const three = { data: Uint8Array.of(100, 0, 100, 0, 100, 0), shape: [3, 1, 2, 1] };
    const results = [found([2.6 / 255, 0]), found(undefined), found([2.4 / 255, 0])];
    const got = await inEightBits(classifier, { name: 'm' }, three, results, undefined);
    assert.deepEqual(
      got.map((each) => each?.succeeds),
      [true, undefined, true],
    );
    assert.deepEqual(classifier.asked, [2, 1]);
  });
});
