import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluationRecord } from '../../../../core/registry/manifest.js';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import type { Registry } from '../../../../core/registry/registry.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { adoptPublished, publishJob } from '../../../../trainer/jobs/publish-job.js';
import type { JobProduct } from '../../../../trainer/jobs/publish-job.js';
import { EMPTY_HISTORY, historyOf } from '../../../../trainer/mma/history-record.js';
import { smallPublication } from '../../../support/small-publication.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const evaluation: EvaluationRecord = {
  examples: 10,
  cleanAccuracy: 0.9,
  marginExamples: 1,
  meanMargin: 0.1,
  medianMargin: 0.1,
  notFoundFraction: 0,
  norm: 'linf',
  maxDistance: 0.45,
  attack: 'an attack',
  gradientEvaluations: 50,
  histogram: { edges: [0.45], counts: [1, 0] },
  robustAccuracies: [
    { epsilon: 0.15, examples: 10, accuracy: 0.8, attacks: ['one', 'another'], iterations: 20, restarts: 2 },
  ],
};
const { architecture, weights } = smallPublication();
const product: JobProduct = {
  architecture,
  weights,
  history: historyOf(EMPTY_HISTORY),
  steps: 7,
  keptStep: 5,
  labels: ['even', 'odd'],
  evaluation,
  engine: 'wasm',
  dataFingerprint: 'none',
};
const spec = completeSpec({ model: 'm' });

describe('publishing what a job has made', () => {
  const root = temporaryDirectory();
  let registry: Registry;
  beforeEach(async () => {
    registry = await openRegistry(root());
  });
  const aliases = async () => (await registry.model('m')).aliases;

  it('says where the version came from', async () => {
    const version = await publishJob(registry, 'job-1', spec, product);
    const { origin, threatModel, bounds } = await registry.manifest('m', version);
    assert.deepEqual(origin, {
      kind: 'trained',
      job: 'job-1',
      configuration: spec,
      engine: 'wasm',
      dataFingerprint: 'none',
      steps: 7,
      keptStep: 5,
    });
    assert.deepEqual(threatModel, { norm: 'linf', maxDistance: 0.45 });
    assert.deepEqual(bounds, { lower: 0, upper: 1 });
    assert.deepEqual(await registry.history('m', version), product.history);
  });

  it('makes the first version champion and later ones challengers, unless an alias is asked for', async () => {
    await publishJob(registry, 'job-1', spec, product);
    await publishJob(registry, 'job-2', spec, product);
    await publishJob(registry, 'job-3', completeSpec({ model: 'm', alias: 'canary' }), product);
    assert.deepEqual(await aliases(), { champion: 1, challenger: 2, canary: 3 });
    await publishJob(registry, 'job-4', spec, product);
    assert.deepEqual(await aliases(), { champion: 1, challenger: 4, canary: 3 });
  });

  it('adopts the version that the job published before it was killed', async () => {
    assert.equal(await adoptPublished(registry, 'job-1', spec), undefined);
    await publishJob(registry, 'job-1', spec, product);
    await publishJob(registry, 'job-2', spec, product);
    assert.deepEqual(await adoptPublished(registry, 'job-1', spec), { publishedVersion: 1, evaluation });
    assert.equal(await adoptPublished(registry, 'job-3', spec), undefined);
    assert.deepEqual(await aliases(), { champion: 1, challenger: 2 }, 'the champion is not made a challenger too');
    assert.deepEqual((await registry.model('m')).versions, [1, 2]);
  });

  it('sets the alias that a killed job did not come to', async () => {
    await registry.publish('m', {
      ...smallPublication(),
      manifest: {
        ...smallPublication().manifest,
        origin: { kind: 'trained', job: 'job-1', configuration: spec, engine: 'wasm', dataFingerprint: 'none' },
      },
    });
    assert.deepEqual(await aliases(), {});
    assert.deepEqual(await adoptPublished(registry, 'job-1', spec), { publishedVersion: 1 });
    assert.deepEqual(await aliases(), { champion: 1 });
  });

  it('looks past a damaged version', async () => {
    await publishJob(registry, 'job-1', spec, product);
    await publishJob(registry, 'job-2', spec, product);
    await writeFile(join(root(), 'm', '2', 'manifest.json'), '{');
    assert.equal((await adoptPublished(registry, 'job-1', spec))?.publishedVersion, 1);
  });
});
