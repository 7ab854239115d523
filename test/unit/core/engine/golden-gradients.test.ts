import assert from 'node:assert/strict';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { lossOf } from '../../../../core/margin/losses.js';
import { inputGradient } from '../../../../core/margin/pgd-iteration.js';
import { lenet } from '../../../../core/model/lenet.js';
import { buildModel } from '../../../../core/model/model.js';
import { goldenFiles, type Golden } from '../../../support/golden.js';
import { assertNear } from '../../../support/near.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const LOSSES = { xent: 'ce', lm: 'lm', slm: 'slm', cw: 'cw' } as const;

const asTensor = (golden: Golden, name: string): Tensor => {
  const { data, shape } = golden.tensor(name);
  return tensor(data, [...shape]);
};

describe(`golden logits, losses and input gradients on engine ${TEST_ENGINE}`, () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  for (const golden of goldenFiles('lenet')) {
    const sizeOf = (name: string): number => golden.tensor(name).shape[0]!;
    const model = buildModel(
      lenet({
        conv1: sizeOf('weights/conv1.bias'),
        conv2: sizeOf('weights/conv2.bias'),
        hidden: sizeOf('weights/dense1.bias'),
      }),
    );
    const matches = (actual: Tensor, name: string): void => {
      assertNear(actual.dataSync(), golden.tensor(name).data, 1e-4, name);
    };

    it(`match ${golden.name}`, () => {
      const alive = engine.memory().numTensors;
      const weights = Object.fromEntries(
        golden.names
          .filter((name) => name.startsWith('weights/'))
          .map((name) => [name.slice('weights/'.length), asTensor(golden, name)]),
      );
      const [images, labels] = [asTensor(golden, 'images') as Tensor4D, asTensor(golden, 'labels') as Tensor1D];
      tidy(() => {
        const classifier = (inputs: Tensor4D) => model.apply(weights, {}, inputs, false).logits;
        const logits = classifier(images);
        matches(logits, 'logits');
        for (const [name, lossName] of Object.entries(LOSSES)) {
          const loss = lossOf(lossName);
          matches(loss(logits, labels), `loss/${name}`);
          matches(inputGradient(classifier, loss, images, labels), `inputGradient/${name}`);
        }
      });
      dispose([weights, images, labels]);
      assert.equal(engine.memory().numTensors, alive, 'tensors are left over');
    });
  }
});
