import assert from 'node:assert/strict';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { writeSafetensors } from '../../../../core/model/safetensors.js';
import { importVersion } from '../../../../core/registry/import-version.js';
import { createResidentModel } from '../../../../server/predictor/resident-model.js';
import { imageBatch } from '../../../support/image-batch.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';
import { workOnSmallJob } from '../../../support/worked-job.js';

/** A name as a person gives it, and what it stands for. */
const MODELS = [
  ['lenet-2-4-8', 'lenet', [2, 4, 8]],
  ['wrn-10-1', 'wrn', [10, 1]],
  ['mlp-12-8', 'mlp', [12, 8]],
  ['cnn-3-4-8', 'cnn', [3, 4, 8]],
] as const;

const NEVER = new AbortController().signal;

describe('every family of models', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));
  const directory = temporaryDirectory();

  for (const [name, family, sizes] of MODELS)
    it(`${name} is trained, evaluated, published, read back, imported and asked for margins`, async () => {
      const { spec, registry } = await workOnSmallJob(directory(), { model: family, architecture: { name }, steps: 2 });
      assert.deepEqual(spec.architecture, { name: family, sizes });
      const trained = await registry.load(family, 1);
      assert.equal(trained.architecture.family, family);
      assert.ok(trained.manifest.evaluation!.examples > 0);
      const version = await importVersion(registry, {
        ...{ name: family, architecture: family, weights: writeSafetensors(trained.weights), alias: '' },
        ...{ labels: [], norm: undefined, maxDistance: 0, inputShape: [28, 28, 1] },
      });
      const imported = await registry.load(family, version);
      assert.deepEqual(imported.architecture, trained.architecture);
      assert.deepEqual(imported.weights, trained.weights);

      const { numTensors } = engine.memory();
      const resident = createResidentModel(engine, imported);
      const { values } = imageBatch(2);
      const { logits } = await resident.classify({ values, count: 2 }, NEVER);
      assert.ok(logits.length === 20 && logits.every(Number.isFinite));
      const { findings } = await resident.margin(
        {
          ...{
            key: { name: family, version },
            inputs: { values, count: 2 },
            norm: 'linf',
            maxDistance: 0.4725,
            maxGradientEvaluations: 4,
          },
          ...{ seed: 0n, deadlineMs: Date.now() + 60_000, wantPerturbations: false },
        },
        NEVER,
      );
      for (const { status, distance } of findings) assert.ok(status !== 'misclassified' && distance <= 0.4725);
      resident.dispose();
      assert.equal(engine.memory().numTensors, numTensors);
    });
});
