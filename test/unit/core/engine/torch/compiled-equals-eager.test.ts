import type { Engine } from '../../../../../core/engine/engine.js';
import { testCompiledEqualsEager } from '../../../../support/compiled-equals-eager.js';
import { openTorchFor } from '../../../../support/torch-engine.js';

describe('torch computes what eager kernels compute', () => {
  let engine: Engine;
  before(async function () {
    engine = await openTorchFor(this);
  });
  testCompiledEqualsEager(() => engine);
});
