import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensor4d } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { importVersion } from '../../../../core/registry/import-version.js';
import { createResidentModel } from '../../../../server/predictor/resident-model.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { networkFor } from '../../../../trainer/jobs/network-spec.js';
import { assertClose } from '../../../support/close.js';
import { imageBatch } from '../../../support/image-batch.js';
import { RESIDUAL_DIGITS } from '../../../support/keras-json.js';
import { loadedModel, logitsOf, onReference } from '../../../support/keras-models.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';
import { workOnSmallJob } from '../../../support/worked-job.js';

const NEVER = new AbortController().signal;
const LAYERS_MODEL_JSON = JSON.stringify(RESIDUAL_DIGITS);

describe('a network of one’s own', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));
  const directory = temporaryDirectory();

  it('of branches and batch normalisation is trained, published, loaded by TensorFlow.js, imported and asked for margins', async () => {
    const { spec, registry, registryRoot } = await workOnSmallJob(
      directory(),
      { model: 'own', architecture: { layersModelJson: LAYERS_MODEL_JSON }, steps: 3 },
      TEST_ENGINE,
    );
    assert.deepEqual(completeSpec({ ...spec, ...spec.training }), spec);

    const trained = await registry.load('own', 1);
    assert.equal(trained.architecture.family, 'layers-model');
    assert.equal(trained.manifest.origin.kind, 'trained');
    const { data: moved } = trained.weights['norm.moving_mean']!;
    assert.ok(
      moved.some((value) => value !== 0),
      'the running means have moved',
    );

    const files = {
      'model.json': await readFile(join(registryRoot, 'own', '1', 'model.json')),
      'weights.bin': await readFile(join(registryRoot, 'own', '1', 'weights.bin')),
    };
    const version = await importVersion(registry, {
      ...{ name: 'own', architecture: 'layers-model', weights: files['weights.bin'], alias: '' },
      ...{
        labels: [],
        norm: undefined,
        maxDistance: 0,
        inputShape: [],
        layersModelJson: files['model.json'].toString(),
      },
    });
    const imported = await registry.load('own', version);
    assert.deepEqual(imported.architecture, trained.architecture);
    assert.deepEqual(imported.weights, trained.weights);
    assert.deepEqual(
      { ...imported.manifest.origin, sha256: '' },
      { kind: 'imported', format: 'layers-model', sha256: '' },
    );

    const { numTensors } = engine.memory();
    const resident = createResidentModel(engine, imported);
    const { values } = imageBatch(2);
    const { logits } = await resident.classify({ values, count: 2 }, NEVER);
    const { findings } = await resident.margin(
      {
        ...{ key: { name: 'own', version }, inputs: { values, count: 2 }, norm: 'linf', maxDistance: 0.4725 },
        ...{ maxGradientEvaluations: 8, seed: 0n, deadlineMs: Date.now() + 60_000, wantPerturbations: false },
      },
      NEVER,
    );
    for (const { status, distance } of findings) assert.ok(status !== 'misclassified' && distance <= 0.4725);
    resident.dispose();
    assert.equal(engine.memory().numTensors, numTensors);

    const theirs = await loadedModel(files);
    const images = tensor4d(values, [2, 28, 28, 1]);
    assertClose(
      logits,
      onReference(() => logitsOf(theirs, images)),
      1e-4,
    );
    theirs.dispose();
    images.dispose();
  });

  const refused = (architecture: object, message: RegExp) => {
    assert.throws(() => completeSpec({ model: 'm', architecture }), {
      name: 'DomainError',
      kind: 'invalid-input',
      message,
    });
  };

  it('is refused with its layer’s name, and beside another name or sizes', () => {
    const lambda = LAYERS_MODEL_JSON.replace('"Add"', '"Lambda"');
    refused(
      { layersModelJson: lambda },
      /^spec\.architecture\.layers_model_json: layer sum \(Lambda\): expected one of the layers/,
    );
    refused({ layersModelJson: '{' }, /^spec\.architecture\.layers_model_json: expected JSON, got /);
    refused({ name: 'layers-model' }, /layers_model_json: expected the model\.json of a LayersModel, .*got 0 bytes$/);
    refused({ layersModelJson: ' '.repeat(2 ** 20 + 1) }, /at most 1048576 bytes, got 1048577 bytes$/);
    refused({ name: 'wrn', layersModelJson: LAYERS_MODEL_JSON }, /^spec\.architecture\.name: .*got "wrn"$/);
    refused({ sizes: [3], layersModelJson: LAYERS_MODEL_JSON }, /^spec\.architecture\.sizes: expected none/);
  });

  it('is refused for data of another shape or other classes', () => {
    const { architecture } = completeSpec({ model: 'm', architecture: { layersModelJson: LAYERS_MODEL_JSON } });
    const labelNames = Array.from({ length: 10 }, (_, index) => `${index}`);
    assert.equal(networkFor(architecture, { inputShape: [28, 28, 1], labelNames }).classes, 10);
    for (const data of [
      { inputShape: [32, 32, 3] as const, labelNames },
      { inputShape: [28, 28, 1] as const, labelNames: labelNames.slice(1) },
    ])
      assert.throws(() => networkFor(architecture, data), {
        kind: 'invalid-input',
        message: /layers_model_json: expected inputs .*, those of the data, got inputs \[28, 28, 1\] and 10 classes$/,
      });
  });
});
