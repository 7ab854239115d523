import assert from 'node:assert/strict';
import { io, memory, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { readLayersModel, writeLayersModel, type LayersModelFiles } from '../../../../core/model/layers-model.js';
import { lenet } from '../../../../core/model/lenet.js';
import { buildModel } from '../../../../core/model/model.js';
import { initialWeights, splitWeights, toTensors } from '../../../../core/model/weights.js';
import { createRandom } from '../../../../core/random.js';
import { assertClose } from '../../../support/close.js';
import { FAMILY_CASES, lifelikeWeights } from '../../../support/family-cases.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const SMALL = lenet({ conv1: 3, conv2: 4, hidden: 6 }, [12, 8, 2], 5);
/** What a file says when one thing in it is another. */
function changed(files: LayersModelFiles, change: (model: Record<string, unknown>) => void): LayersModelFiles {
  const model = JSON.parse(Buffer.from(files['model.json']).toString()) as Record<string, unknown>;
  change(model);
  return { ...files, 'model.json': Buffer.from(JSON.stringify(model)) };
}

describe('LayersModel files', () => {
  before(() => openEngine(TEST_ENGINE));

  for (const [name, architecture] of FAMILY_CASES) {
    it(`${name}: TensorFlow.js loads them and gives the same logits; they read back as they were`, async () => {
      const random = createRandom(5);
      const model = buildModel(architecture);
      const weights = lifelikeWeights(architecture, 5);
      const files = writeLayersModel(architecture, weights);
      assert.deepEqual(readLayersModel(files), { architecture, weights });

      const before = memory().numTensors;
      const json = JSON.parse(Buffer.from(files['model.json']).toString()) as io.ModelJSON;
      const artifacts = await io.getModelArtifactsForJSON(json, (manifest) =>
        Promise.resolve([manifest.flatMap((group) => group.weights), Uint8Array.from(files['weights.bin']).buffer]),
      );
      const loaded = await loadLayersModel(io.fromMemory(artifacts));
      const [height, width, channels] = architecture.inputShape;
      const pixels = random.uniforms(6 * height * width * channels);
      // One image of one colour, and one whose deviation is below the floor of the standardisation.
      pixels.fill(0.7, 0, height * width * channels);
      for (let i = height * width * channels; i < 2 * height * width * channels; i++)
        pixels[i] = 0.5 + 1e-3 * pixels[i]!;
      const inputs = tensor4d(pixels, [6, height, width, channels]);
      const tensors = toTensors(weights);
      const { parameters, statistics } = splitWeights(model, tensors);
      const theirs = loaded.predict(inputs) as Tensor2D;
      const logits = tidy(() => model.apply(parameters, statistics, inputs, false).logits);
      assertClose(await theirs.data(), await logits.data(), 1e-5);
      loaded.dispose();
      for (const value of [inputs, theirs, ...Object.values(tensors)]) value.dispose();
      logits.dispose();
      assert.equal(memory().numTensors, before);
    });
  }

  const files = writeLayersModel(SMALL, initialWeights(buildModel(SMALL), createRandom(1)));
  const broken: readonly [string, LayersModelFiles, RegExp][] = [
    ['no JSON', { ...files, 'model.json': Buffer.from('{') }, /^model\.json: expected JSON, got /],
    [
      'a graph model',
      changed(files, (m) => (m.format = 'graph-model')),
      /format: expected layers-model, got "graph-model"$/,
    ],
    [
      'JSON of something else',
      { ...files, 'model.json': Buffer.from('[1]') },
      /format: expected layers-model, got none$/,
    ],
    ['a model of another program', changed(files, (m) => delete m.userDefinedMetadata), /maxmargin did not write it$/],
    [
      'a weights file elsewhere',
      changed(files, (m) => (group(m).paths = ['../weights.bin'])),
      /paths: expected \["weights\.bin"\] alone, got \[\["\.\.\/weights\.bin"\]\]$/,
    ],
    ['two weights files', changed(files, (m) => (group(m).paths = ['weights.bin', '/etc/passwd'])), /\/etc\/passwd/],
    [
      'another type',
      changed(files, (m) => (group(m).weights[0]!.dtype = 'float16')),
      /weightsManifest: expected names, shapes and types/,
    ],
    ['no manifest', changed(files, (m) => delete m.weightsManifest), /weightsManifest: paths: expected/],
    [
      'another topology',
      changed(files, (m) => ((m.modelTopology as { class_name: string }).class_name = 'Sequential')),
      /modelTopology: expected that of its architecture/,
    ],
    [
      'a weights file that is short',
      { ...files, 'weights.bin': files['weights.bin'].subarray(4) },
      /^weights\.bin: expected \d+ bytes, got \d+$/,
    ],
    [
      'NaN weights',
      { ...files, 'weights.bin': new Uint8Array(files['weights.bin'].byteLength).fill(0xff) },
      /^weights: conv1\.kernel: expected finite values, got NaN at 0$/,
    ],
  ];
  for (const [what, bad, message] of broken) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readLayersModel(bad), { name: 'DomainError', kind: 'invalid-input', message });
    });
  }
});

function group(model: Record<string, unknown>): { paths: string[]; weights: { dtype: string }[] } {
  return (model.weightsManifest as [{ paths: string[]; weights: { dtype: string }[] }])[0];
}
