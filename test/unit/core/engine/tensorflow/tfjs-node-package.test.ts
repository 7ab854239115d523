import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PACKAGES } from '../../../../../core/engine/tensorflow/install/tfjs-node-package.js';

describe('the package of tfjs-node', () => {
  it('is the one that the lock file names, to the checksum', () => {
    const lock = JSON.parse(readFileSync(new URL('../../../../../../package-lock.json', import.meta.url), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
    };
    for (const { name, version, integrity } of PACKAGES) {
      const locked = lock.packages[`node_modules/${name}`];
      assert.deepEqual([version, integrity], [locked?.version, locked?.integrity], name);
    }
  });
});
