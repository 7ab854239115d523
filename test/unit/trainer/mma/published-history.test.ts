import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import type { TrainingHistory } from '../../../../trainer/mma/training-history.js';
import { publishedHistory } from '../../../../trainer/mma/published-history.js';
import { smallPublication } from '../../../support/small-publication.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const HISTORY: TrainingHistory = {
  format: 1,
  steps: [
    { step: 2, cleanLoss: 0.1, adversarialLoss: 1 / 3, batchAccuracy: 0.5, meanRadius: 0, learningRate: 1e-4 },
    { step: 3, cleanLoss: 0.2, adversarialLoss: 0, batchAccuracy: 1, meanRadius: 0.3, learningRate: 1e-5 },
  ],
  validations: [{ step: 3, margin: 0.25, accuracy: 0.9, quantiles: [0, 0, 0.1, 0.2, 0.3, 0.4, 0.45] }],
};

describe('the history of a published version', () => {
  const root = temporaryDirectory();

  it('is what was published, checksummed like every other file', async () => {
    const registry = await openRegistry(root());
    await registry.publish('m', { ...smallPublication(), history: HISTORY });
    assert.deepEqual(await publishedHistory(registry, 'm', 1), HISTORY);
    assert.ok(Object.hasOwn((await registry.load('m', 1)).manifest.files, 'training-history.json'));

    const file = join(root(), 'm', '1', 'training-history.json');
    const bytes = await readFile(file);
    bytes[40]! ^= 1;
    await writeFile(file, bytes);
    const damaged = { kind: 'data-loss', message: /training-history\.json: expected SHA-256/ };
    await assert.rejects(publishedHistory(registry, 'm', 1), damaged);
    await assert.rejects(registry.load('m', 1), damaged);
    await rm(file);
    await assert.rejects(publishedHistory(registry, 'm', 1), { kind: 'data-loss', message: /no such file/ });
  });

  it('is undefined where a version was published without one', async () => {
    const registry = await openRegistry(root());
    await registry.publish('m', smallPublication());
    assert.equal(await publishedHistory(registry, 'm', 1), undefined);
    await assert.rejects(publishedHistory(registry, 'm', 2), { kind: 'not-found' });
  });

  it('is refused where it is something else', async () => {
    const registry = await openRegistry(root());
    await registry.publish('m', { ...smallPublication(), history: { ...HISTORY, steps: [{ step: 1 }] } });
    const refused = { kind: 'data-loss', message: /m 1: training history: .*cleanLoss/ };
    await assert.rejects(publishedHistory(registry, 'm', 1), refused);
  });
});
