import assert from 'node:assert/strict';
import { dispose } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { compileMarginSearch } from '../../../../core/margin/margin-search.js';
import type { Bounds, Norm } from '../../../../core/margin/threat-model.js';
import { exactMargin, linearCase, linearClassifier, linearTensors } from '../../../support/linear-classifier.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

interface Case {
  readonly what: string;
  readonly classes: number;
  readonly from: number;
  readonly to: number;
  readonly bounds: Bounds;
}

const FAR: Bounds = { lower: -100, upper: 100 };
const UNIT: Bounds = { lower: 0, upper: 1 };
const CASES: readonly Case[] = [
  { what: 'two classes, far from the box', classes: 2, from: 0, to: 1, bounds: FAR },
  { what: 'five classes, far from the box', classes: 5, from: 0, to: 1, bounds: FAR },
  { what: 'two classes, bound by the box', classes: 2, from: 0, to: 0.12, bounds: UNIT },
  { what: 'five classes, bound by the box', classes: 5, from: 0, to: 0.12, bounds: UNIT },
  { what: 'a box that is not the unit one', classes: 3, from: -1.9, to: -1.7, bounds: { lower: -2, upper: 3 } },
];
const COUNT = 12;
/** What a success has to exceed zero by so that rounding does not undo it, with logits of up to 20: it matters for inputs right beside the boundary. */
const ROUNDING = 1e-4;

describe('margins of linear models are within 1 % of the closed form', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  for (const norm of ['linf', 'l2'] as const satisfies readonly Norm[]) {
    for (const { what, classes, from, to, bounds } of CASES) {
      for (const budget of [40, 100]) {
        it(`${norm}, ${what}, ${budget} gradients`, async () => {
          const model = linearCase(classes, classes, COUNT, from, to);
          const { weights, inputs } = linearTensors(model);
          const exact = model.inputs.map((_, index) => exactMargin(model, index, norm, bounds));
          const reachable = exact.filter(Number.isFinite);
          const search = compileMarginSearch(engine.compile, linearClassifier, { norm, bounds });
          const { findings, perturbations } = await search.find({
            weights,
            inputs,
            maxDistance: 1.3 * Math.max(...reachable),
            maxGradientEvaluations: budget,
            seed: 1n,
          });
          for (const [index, { status, distance }] of findings.entries()) {
            const margin = exact[index]!;
            assert.equal(status, Number.isFinite(margin) ? 'found' : 'not-found', `input ${index}`);
            if (status !== 'found') continue;
            const atMost = 1.01 * exactMargin(model, index, norm, bounds, ROUNDING);
            assert.ok(
              distance >= margin * (1 - 1e-5) && distance <= atMost,
              `input ${index}: ${distance}, closed form ${margin}, ratio ${distance / margin}`,
            );
          }
          assert.ok(reachable.length > COUNT / 2, 'the case is not worth much');
          dispose([weights, inputs, perturbations]);
        });
      }
    }
  }
});
