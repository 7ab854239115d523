import assert from 'node:assert/strict';
import { verifyEngine } from '../../../../../core/engine/install/verify-engine.js';

const quiet = { report: () => undefined };

describe('the verification of an engine', () => {
  it('trains in a process of its own', async () => {
    const { device, library, lossBefore, lossAfter } = await verifyEngine('wasm', {}, quiet);
    assert.equal(device, 'cpu');
    assert.match(library, /TensorFlow\.js/);
    assert.ok(lossAfter < lossBefore / 2, `${lossBefore} to ${lossAfter}`);
  });

  it('fails where the engine does not load, with the reason', async () => {
    const nowhere = { MAXMARGIN_TFJS_NODE: '/nowhere' };
    await assert.rejects(verifyEngine('tensorflow', nowhere, quiet), /Verifying the engine tensorflow.*\/nowhere/s);
  });
});
