import { tidy } from '@tensorflow/tfjs-core';
import { eager } from '../../../../../core/engine/compile.js';
import type { Engine } from '../../../../../core/engine/engine.js';
import { assertSameTensors } from '../../../../support/compiled-equals-eager.js';
import { STEP_CASES } from '../../../../support/step-cases.js';
import { openTorchFor } from '../../../../support/torch-engine.js';

/** Of whole steps: sums are in another order, and normalisation divides by what is left of them. */
const TOLERANCE = 1e-4;

describe('torch runs whole steps as they are without compilation', () => {
  let engine: Engine;
  before(async function () {
    engine = await openTorchFor(this);
  });

  for (const { name, run } of STEP_CASES)
    it(name, () => {
      tidy(() => {
        assertSameTensors(run(engine.compile), run(eager), TOLERANCE, name);
      });
    });
});
