import { tidy } from '@tensorflow/tfjs-core';
import { eager } from '../../core/engine/compile.js';
import type { Engine } from '../../core/engine/engine.js';
import { assertSameTensors, testCompiledEqualsEager } from '../support/compiled-equals-eager.js';
import { STEP_CASES } from '../support/step-cases.js';
import { openTorchOnGpuFor } from '../support/torch-engine.js';

describe('torch on a GPU, every function captured into a CUDA graph', () => {
  let engine: Engine;
  before(async function () {
    engine = await openTorchOnGpuFor(this);
  });

  testCompiledEqualsEager(() => engine);

  for (const { name, run } of STEP_CASES)
    it(`runs ${name}`, () => {
      tidy(() => {
        assertSameTensors(run(engine.compile), run(eager), 1e-3, name);
      });
    });
});
