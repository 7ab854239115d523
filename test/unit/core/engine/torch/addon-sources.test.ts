import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadTorchAddon } from '../../../../../core/engine/torch/addon-binding.js';
import { DIGEST_FILE, isStale, sourcesDigest } from '../../../../../core/engine/torch/addon-sources.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

describe('torch: what an addon was built from', () => {
  const directory = temporaryDirectory();

  it('tells one that is older than its sources, and what to do', async () => {
    await writeFile(join(directory(), DIGEST_FILE), `${sourcesDigest() ?? ''}\n`);
    assert.equal(isStale(directory()), false);
    await writeFile(join(directory(), DIGEST_FILE), `${'0'.repeat(64)}\n`);
    assert.equal(isStale(directory()), true);
    assert.throws(
      () => loadTorchAddon(directory()),
      /was built from other sources; build it again with npm run engine:torch/,
    );
  });
});
