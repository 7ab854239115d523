import type { Engine } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { testCompiledEqualsEager } from '../../../../support/compiled-equals-eager.js';

describe('onnx computes what eager kernels compute', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine('onnx')));
  testCompiledEqualsEager(() => engine);
});
