import assert from 'node:assert/strict';
import { checkMargins } from '../../../../../clients/cli/start/check-margins.js';
import type { Images } from '../../../../../clients/client/images.js';
import type { MarginResult } from '../../../../../clients/client/margins.js';
import type { ModelVersion } from '../../../../../clients/client/models.js';

// A classifier of two values whose margin is known: class 1 where their sum is above 1, class 0 elsewhere.
const client = {
  classify: ({ data, shape }: Images) => {
    const scale = data instanceof Uint8Array ? 1 / 255 : 1;
    const results = Array.from({ length: shape[0] ?? 0 }, (_, i) => ({
      predictedClass: scale * (data[2 * i]! + data[2 * i + 1]!) > 1 ? 1 : 0,
      probabilities: [],
      logits: [],
    }));
    return Promise.resolve({ model: 'sum', version: 1, results });
  },
};
const version: ModelVersion = {
  name: 'sum',
  version: 1,
  state: 'ready',
  stateReason: '',
  aliases: [],
  inputShape: [2],
  bounds: { lower: 0, upper: 1 },
  labels: ['0', '1'],
  norm: 'linf',
  maxDistance: 0.45,
};
const images = { data: Float32Array.of(0.25, 0.25), shape: [1, 2] };
const right: MarginResult = {
  predictedClass: 0,
  label: 0,
  status: 'found',
  distance: 0.3125,
  lowerBound: 0,
  adversarialClass: 1,
  logitMargin: -1,
  unresolved: false,
  perturbation: { data: Float32Array.of(0.3125, 0.25), shape: [2] },
  attack: 'test',
  gradientEvaluations: 1,
  converged: true,
};
const fault = async (change: Partial<MarginResult>, of: Images = images, model = version) =>
  (await checkMargins(client, model, of, [{ ...right, ...change }]))[0];
const moved = (...data: number[]) => ({ perturbation: { data: Float32Array.from(data), shape: [2] } });

describe('checking margins', () => {
  it('finds nothing wrong with a right answer, in either norm', async () => {
    assert.equal(await fault({}), undefined);
    const l2 = { distance: Math.hypot(0.3125, 0.25) };
    assert.equal(await fault(l2, images, { ...version, norm: 'l2' }), undefined);
    assert.equal(await fault({ status: 'not-found', adversarialClass: undefined, perturbation: undefined }), undefined);
    const wrong = { status: 'misclassified', label: 1, distance: 0, perturbation: undefined } as const;
    assert.equal(await fault(wrong), undefined);
  });

  it('finds a length that is not the one stated', async () => {
    assert.match((await fault({ distance: 0.3 })) ?? '', /is 0\.3125 long/);
  });

  it('finds a point that is not adversarial, or of another class than stated', async () => {
    assert.match((await fault({ ...moved(0.125, 0.125), distance: 0.125 })) ?? '', /the point is of class 0/);
    assert.match((await fault({ adversarialClass: 2 })) ?? '', /the point is of class 1/);
  });

  it('finds a point outside of the bounds', async () => {
    assert.match((await fault({ ...moved(0.8, 0.2), distance: 0.8 })) ?? '', /outside the bounds/);
  });

  it('finds a missing perturbation, and a wrong account of the image itself', async () => {
    assert.match((await fault({ perturbation: undefined })) ?? '', /missing/);
    assert.match((await fault({ predictedClass: 1 })) ?? '', /the image is of class 0/);
    assert.match((await fault({ label: 1 })) ?? '', /the image is misclassified/);
    assert.match((await fault({ status: 'misclassified', distance: 0 })) ?? '', /classified correctly/);
  });
});
