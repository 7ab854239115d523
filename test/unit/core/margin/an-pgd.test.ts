import assert from 'node:assert/strict';
import { add, dispose, fill, memory, tensor1d, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Rank } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { runAnPgd, runPgd, type AnPgdRequest } from '../../../../core/margin/an-pgd-search.js';
import { compileAttackSteps } from '../../../../core/margin/attack-steps.js';
import { hostLength } from '../../../../core/margin/host-length.js';
import { lossOf } from '../../../../core/margin/losses.js';
import { NORMS, type Norm } from '../../../../core/margin/threat-model.js';
import {
  exactMargin,
  linearCase,
  linearClassifier,
  linearLogits,
  linearTensors,
} from '../../../support/linear-classifier.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const COUNT = 10;
const BOUNDS = { lower: -100, upper: 100 };
const model = linearCase(21, 2, COUNT, 0, 1);

describe('AN-PGD', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  const setUp = (norm: Norm, radius: number, maxRadius: number) => {
    const steps = compileAttackSteps(
      engine.compile,
      linearClassifier,
      { norm, bounds: BOUNDS },
      { search: 'slm', crossing: 'lm' },
    );
    const { weights, inputs } = linearTensors(model);
    const labels = tensor1d(
      model.inputs.map((input) => Number(linearLogits(model, input)[1]! > linearLogits(model, input)[0]!)),
      'int32',
    );
    const request: AnPgdRequest = {
      weights,
      inputs,
      labels,
      radii: fill<Rank.R1>([COUNT], radius),
      start: zeros<Rank.R4>(inputs.shape),
      maxRadius,
      iterations: 10,
      bisections: 14,
    };
    return { steps, request, exact: model.inputs.map((_, index) => exactMargin(model, index, norm, BOUNDS)) };
  };
  const tearDown = ({ weights, inputs, labels, radii, start }: AnPgdRequest): void => {
    dispose([weights, inputs, labels, radii, start]);
  };

  for (const norm of NORMS) {
    it(`${norm}: radii and perturbations are within 1 % of a linear model's margins, or not crossed`, async () => {
      const alive = memory().numTensors;
      const { exact } = setUpAndTearDown(norm);
      const sorted = exact.toSorted((a, b) => a - b);
      const maxRadius = (sorted[6]! + sorted[7]!) / 2;
      const { steps, request } = setUp(norm, 0.1, maxRadius);
      const result = await runAnPgd(steps, request);
      const [radii, crossed, values] = [
        result.radii.dataSync(),
        result.crossed.dataSync(),
        result.perturbations.dataSync(),
      ];
      const losses = tidy(() =>
        lossOf('lm')(
          linearClassifier(request.weights, add(request.inputs, result.perturbations)),
          request.labels,
        ).dataSync(),
      );
      const size = values.length / COUNT;
      for (const [i, margin] of exact.entries()) {
        assert.equal(Boolean(crossed[i]), margin < maxRadius, `input ${i}`);
        if (margin >= maxRadius) {
          assert.equal(radii[i], Math.fround(maxRadius));
          continue;
        }
        const distance = hostLength(norm, (values as Float32Array).subarray(i * size, (i + 1) * size));
        const resolution = maxRadius / 2 ** 12;
        assert.ok(
          distance >= margin * (1 - 1e-5) && distance <= margin * 1.01 + resolution,
          `input ${i}: ${distance}, ${margin}`,
        );
        assert.ok(Math.abs(radii[i]! - distance) <= 1e-5);
        assert.ok(losses[i]! >= 0, `input ${i} is not misclassified at its end`);
      }
      dispose(result);
      tearDown(request);
      assert.equal(memory().numTensors, alive);
    });
  }

  const setUpAndTearDown = (norm: Norm) => {
    const { request, exact } = setUp(norm, 0.1, 1);
    tearDown(request);
    return { exact };
  };

  it('stops where it is asked to, with nothing claimed', async () => {
    const { steps, request } = setUp('linf', 0.1, 1);
    let asked = 0;
    const result = await runAnPgd(steps, { ...request, shouldContinue: () => ++asked <= 3 });
    assert.ok(result.crossed.dataSync().every((value) => value === 0));
    assert.equal(asked, 5, 'once more by PGD and once by the bisection');
    dispose(result);
    tearDown(request);
  });

  it('leaves no tensor behind when it is aborted, wherever that is', async () => {
    const { steps, request } = setUp('l2', 0.1, 1);
    const alive = memory().numTensors;
    for (const last of [0, 1, 5, 10, 12]) {
      let asked = 0;
      const shouldContinue = (): boolean => {
        if (asked++ === last) throw new Error('aborted');
        return true;
      };
      await assert.rejects(runAnPgd(steps, { ...request, shouldContinue }), /aborted/);
      assert.equal(memory().numTensors, alive, `aborted at ${last}`);
    }
    (await runPgd(steps, request)).dispose();
    assert.equal(memory().numTensors, alive);
    tearDown(request);
  });
});
