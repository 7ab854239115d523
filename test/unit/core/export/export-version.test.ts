import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getBackend, memory, setBackend } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { readTopology } from '../../../../core/model/keras/read-topology.js';
import { checkClassifier } from '../../../../core/export/check-classifier.js';
import { classifierOnnx } from '../../../../core/export/classifier-onnx.js';
import { exportInProcess } from '../../../../core/export/export-process.js';
import { exportVersion } from '../../../../core/export/export-version.js';
import { writeLayersModel } from '../../../../core/model/layers-model.js';
import { openRegistry } from '../../../../core/registry/open-registry.js';
import type { WriteOnnx } from '../../../../core/registry/registry.js';
import { FAMILY_CASES, lifelikeWeights } from '../../../support/family-cases.js';
import { assertNear } from '../../../support/near.js';
import { functionalOf, node } from '../../../support/keras-json.js';
import { onnxMissing, openPublicly } from '../../../support/public-onnx.js';
import type { RegistryAnswer, RegistryRequest } from '../../../support/registry-child.js';
import { smallPublication } from '../../../support/small-publication.js';
import { remembered } from '../../../support/started-processes.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const missing = onnxMissing();
const without = missing === undefined ? '' : ` (skipped: ${missing})`;
const REGISTRY_CHILD = new URL('../../../support/registry-child.js', import.meta.url);
const BOUNDS = { lower: 0, upper: 1 };

describe('model.onnx of a published version', () => {
  const root = temporaryDirectory();
  before(() => openEngine('wasm'));

  for (const [where, writeOnnx] of [
    ['in this process', exportVersion],
    ['in a process of its own', exportInProcess],
  ] as const satisfies readonly (readonly [string, WriteOnnx])[])
    it(`is written ${where}, checked, and says what it is of${without}`, async function () {
      if (missing !== undefined) this.skip();
      const alive = memory().numTensors;
      const registry = await openRegistry(root(), { writeOnnx });
      await registry.publish('digits', smallPublication(1));
      const { onnx, files } = await registry.manifest('digits', 1);
      assert.ok(onnx !== undefined && 'runtime' in onnx, JSON.stringify(onnx));
      assert.match(onnx.runtime, /^ONNX Runtime 1\./);
      assert.ok(onnx.largestDifference < 1e-5);
      const bytes = await readFile(join(root(), 'digits', '1', 'model.onnx'));
      assert.equal(files['model.onnx']?.sizeBytes, bytes.length);
      for (const text of ['input_upper_bound', '["even","odd"]', 'linf', 'conv1.kernel'])
        assert.ok(bytes.includes(text), text);
      const { logits = [] } = await (
        await openPublicly(bytes)
      ).run({ inputs: ['float32', new Float32Array(64), [1, 8, 8, 1]] });
      assert.equal(logits.length, 2);
      assert.equal(memory().numTensors, alive);
    });

  for (const [name, architecture] of FAMILY_CASES)
    it(`${name}: is the LayersModel, or is refused with the numbers${without}`, async function () {
      if (missing !== undefined) this.skip();
      const weights = lifelikeWeights(architecture, 1);
      const files = writeLayersModel(architecture, weights);
      const check = await checkClassifier(classifierOnnx({ architecture, weights }, {}), files, architecture, BOUNDS);
      assert.ok('largestDifference' in check && check.largestDifference < 1e-5, JSON.stringify(check));
      const other = classifierOnnx({ architecture, weights: lifelikeWeights(architecture, 2) }, {});
      await assert.rejects(checkClassifier(other, files, architecture, BOUNDS), {
        kind: 'internal',
        message: /^model\.onnx: logit \d+ of a batch of 1: expected \S+ of the LayersModel ± \S+, got -?\d\S+$/,
      });
    });

  it(`is refused where its outputs are probabilities that no layer alone tells${without}`, async function () {
    if (missing !== undefined) this.skip();
    const architecture = readTopology(
      functionalOf([
        node('Flatten', 'flat', ['start']),
        node('Dense', 'soft', ['flat'], { units: 3, activation: 'softmax' }),
        node('Dense', 'nothing', ['flat'], { units: 3 }),
        node('Add', 'logits', ['soft', 'nothing']),
      ]),
    );
    const weights = Object.fromEntries(
      Object.entries(lifelikeWeights(architecture, 1)).map(([name, { shape, data }]) => [
        name,
        { shape, data: name.startsWith('nothing') ? new Float32Array(data.length) : data },
      ]),
    );
    const files = writeLayersModel(architecture, weights);
    await assert.rejects(checkClassifier(classifierOnnx({ architecture, weights }, {}), files, architecture, BOUNDS), {
      kind: 'invalid-input',
      message: /expected a network that ends in logits, got probabilities: at 4 random inputs .* sum to one/,
    });
  });

  it('keeps a version from being published that it is not the model of', async () => {
    const refusing: WriteOnnx = () => Promise.reject(new Error('another model'));
    const registry = await openRegistry(root(), { writeOnnx: refusing });
    await assert.rejects(registry.publish('digits', smallPublication(1)), /another model/);
    assert.deepEqual(await registry.listModels(), []);
  });

  it('is written, and says that it is unchecked, where ONNX Runtime does not load', async () => {
    const noBinaries = 'data:text/javascript,process.dlopen=()=>{throw new Error("no binary of this platform")}';
    const child = remembered(fork(REGISTRY_CHILD, [root(), 'digits'], { execArgv: ['--import', noBinaries] }));
    await once(child, 'message');
    const answered = once(child, 'message') as Promise<[RegistryAnswer]>;
    child.send({ ask: 'publish' } satisfies RegistryRequest);
    assert.deepEqual((await answered)[0], { version: 1 });
    child.disconnect();
    await once(child, 'exit');
    const { manifest } = await (await openRegistry(root())).load('digits', 1);
    assert.deepEqual(manifest.onnx, { unchecked: 'ONNX Runtime does not load here: no binary of this platform' });
    assert.ok((manifest.files['model.onnx']?.sizeBytes ?? 0) > 0);
  });

  it('gives the reason of a process that could not write it', async () => {
    const about = { ...smallPublication().manifest };
    await writeFile(join(root(), 'model.json'), '{}');
    await writeFile(join(root(), 'weights.bin'), '');
    await assert.rejects(exportInProcess(root(), 'model.onnx', about), {
      kind: 'invalid-input',
      message: /model\.json/,
    });
  });

  it('leaves the active backend as it was', async () => {
    await setBackend('cpu');
    try {
      const registry = await openRegistry(root());
      await registry.publish('digits', smallPublication(1));
      assert.equal(getBackend(), 'cpu');
    } finally {
      await setBackend('wasm');
    }
  });

  it('need not be there: versions of before load, others are refused without it', async () => {
    const registry = await openRegistry(root());
    await registry.publish('digits', smallPublication(1));
    const directory = join(root(), 'digits', '1');
    await rm(join(directory, 'model.onnx'));
    await assert.rejects(registry.load('digits', 1), { kind: 'data-loss', message: /model\.onnx/ });
    const file = join(directory, 'manifest.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as { files: Record<string, unknown>; onnx?: unknown };
    delete manifest.files['model.onnx'];
    delete manifest.onnx;
    await writeFile(file, JSON.stringify(manifest));
    const { weights } = await registry.load('digits', 1);
    const published = smallPublication(1).weights;
    for (const [name, { data }] of Object.entries(weights)) assertNear(data, published[name]!.data, 0, name);
  });
});
