import { equal } from 'node:assert/strict';
import { openEngine } from '../../../../core/engine/open-engine.js';

describe('opening the wasm engine', () => {
  it('leaves the process with the crash handlers that it had', async () => {
    const count = () => process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    const before = count();
    await openEngine('wasm');
    equal(count(), before);
  });
});
