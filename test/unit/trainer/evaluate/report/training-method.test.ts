import assert from 'node:assert/strict';
import { distanceUnit } from '../../../../../trainer/evaluate/report/distance-unit.js';
import { trainingMethod } from '../../../../../trainer/evaluate/report/training-method.js';

const unit = distanceUnit([]);

describe('how a model was trained, in words', () => {
  it('is what its manifest says', () => {
    const configuration = { method: 'mma', norm: 'l2', maxDistance: 2, steps: 1500, batchSize: 50 };
    const said = 'mma, ℓ2, d_max 2, 1,500 steps of 50';
    assert.equal(trainingMethod({ kind: 'trained', configuration }, unit), said);
    assert.equal(trainingMethod({ kind: 'trained', configuration: { training: configuration } }, unit), said);
    assert.equal(trainingMethod({ kind: 'imported', format: 'safetensors' }, unit), 'imported from safetensors');
  });

  it('is nothing where that says nothing that is understood', () => {
    for (const origin of [undefined, null, 3, 'text', [], {}, { kind: 'trained' }, { configuration: { method: 7 } }])
      assert.equal(trainingMethod(origin, unit), undefined);
  });
});
