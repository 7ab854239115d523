import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { writeSafetensors } from '../../../../core/model/safetensors.js';
import { importVersion } from '../../../../core/registry/import-version.js';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import { createResidentModel } from '../../../../server/predictor/resident-model.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { workOnJob } from '../../../../trainer/jobs/job-work.js';
import { writeFewDigits } from '../../../rpc/trainer/few-digits.js';
import { imageBatch } from '../../../support/image-batch.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

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
      const spec = completeSpec({
        model: family,
        data: { name: 'mnist', trainExamples: 40, validationExamples: 10 },
        architecture: { name },
        attackIterations: 2,
        bisections: 2,
        steps: 2,
        batchSize: 10,
        validationMarginExamples: 5,
        evaluationMarginExamples: 2,
      });
      assert.deepEqual(spec.architecture, { name: family, sizes });
      await writeFewDigits(join(directory(), 'data', 'mnist'));
      await mkdir(join(directory(), 'job'));
      const task = {
        ...{ name: 'job', spec, token: '', engine: 'wasm' as const, directory: join(directory(), 'job') },
        ...{ registryRoot: join(directory(), 'registry'), dataRoot: join(directory(), 'data') },
      };
      const surroundings = { signal: NEVER, assertOwned: () => undefined, report: () => undefined };
      const outcome = await workOnJob(task, surroundings);
      assert.equal(outcome.kind, 'succeeded');

      const registry = await openRegistry(task.registryRoot);
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
