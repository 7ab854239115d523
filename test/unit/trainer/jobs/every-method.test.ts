import assert from 'node:assert/strict';
import { METHODS, type Method } from '../../../../trainer/mma/methods.js';
import { publishedHistory } from '../../../../trainer/mma/published-history.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { workOnSmallJob } from '../../../support/worked-job.js';

/** The mean radius of each step, where it is known beforehand. */
const RADII: Partial<Record<Method, readonly number[]>> = {
  standard: [0, 0, 0, 0],
  pgd: [0.3, 0.3, 0.3, 0.3],
  pgdls: [0, 0.15, 0.3, 0.3],
  trades: [0.3, 0.3, 0.3, 0.3],
};

describe('every method of training', () => {
  const directory = temporaryDirectory();

  for (const method of METHODS)
    it(`${method} trains a job, which publishes how it was trained and how that went`, async () => {
      const { spec, registry } = await workOnSmallJob(directory(), {
        model: method,
        architecture: { name: 'mlp-12' },
        method,
        ...(method === 'pgdls' && { epsilonRampSteps: 2 }),
        steps: 4,
      });
      const { origin } = await registry.manifest(method, 1);
      assert.deepEqual(origin.kind === 'trained' && origin.configuration, spec);
      const { steps } = (await publishedHistory(registry, method, 1))!;
      assert.equal(steps.length, 4);
      for (const { cleanLoss, adversarialLoss } of steps) {
        assert.ok(cleanLoss > 0);
        if (method === 'standard') assert.equal(adversarialLoss, 0);
        // Without a radius nothing moves.
        else assert.ok(method === 'trades' ? adversarialLoss > 0 : adversarialLoss > 1, String(adversarialLoss));
      }
      for (const [i, radius] of RADII[method]?.entries() ?? [])
        assert.ok(Math.abs(steps[i]!.meanRadius - radius) < 1e-6, `step ${i + 1}: ${steps[i]!.meanRadius}`);
    });
});
