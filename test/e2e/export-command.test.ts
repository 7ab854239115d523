import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLayersModel } from '../../core/model/layers-model.js';
import { readSafetensors } from '../../core/model/safetensors.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import { createRandom } from '../../core/random.js';
import { onnxMissing, openPublicly } from '../support/public-onnx.js';
import { smallLenet } from '../support/published-model.js';
import { runCommand } from './command-line.js';

const missing = onnxMissing();
const without = missing === undefined ? '' : ` (skipped: ${missing})`;
const published = smallLenet(1);

describe('maxmargin models export', function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'maxmargin-export-'));
    const registry = await openRegistry(join(directory, 'registry'));
    await registry.setAlias('digits', 'champion', await registry.publish('digits', published));
  });
  after(() => rm(directory, { recursive: true, maxRetries: 10 }));

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(['models', 'export', ...args, '--json'], directory);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as { readonly version: number; readonly attack?: unknown; readonly files: object[] };
  };

  it('writes the published ONNX model', async () => {
    const { version, files } = await run('digits', '--output', 'made/digits.onnx');
    const bytes = await readFile(join(directory, 'made/digits.onnx'));
    assert.deepEqual(bytes, await readFile(join(directory, 'registry/digits/1/model.onnx')));
    assert.equal(version, 1);
    assert.deepEqual(files, [{ path: join(directory, 'made/digits.onnx'), sizeBytes: bytes.length }]);
  });

  it('writes the LayersModel and safetensors', async () => {
    await run('digits', '1', '--format', 'layers-model', '--output', 'layers');
    const [modelJson, weightsBin] = await Promise.all(
      ['model.json', 'weights.bin'].map((file) => readFile(join(directory, 'layers', file))),
    );
    const { weights } = readLayersModel({ 'model.json': modelJson!, 'weights.bin': weightsBin! });
    assert.deepEqual(weights, published.weights);
    await run('--format', 'safetensors', '--output', 'digits.safetensors');
    const { tensors, metadata } = readSafetensors(await readFile(join(directory, 'digits.safetensors')));
    assert.deepEqual(tensors, published.weights);
    assert.equal(metadata['family'], 'lenet');
  });

  it(`writes a search that any ONNX Runtime runs${without}`, async function () {
    if (missing !== undefined) this.skip();
    const options = ['--norm', 'l2', '--max-distance', '8', '--iterations', '5', '--bisections', '4'];
    const { attack } = await run('digits', 'champion', '--attack', ...options, '--output', 'attack.onnx');
    assert.deepEqual(attack, { norm: 'l2', maxDistance: 8, iterations: 5, bisections: 4 });
    const bytes = await readFile(join(directory, 'attack.onnx'));
    const file = await openPublicly(bytes);
    const random = createRandom(1);
    const shape = [3, 28, 28, 1];
    const images = () => ['float32', random.uniforms(3 * 784), shape] as const;
    const { distances = [], perturbations = [] } = await file.run({
      inputs: images(),
      labels: ['int64', BigInt64Array.of(0n, 1n, 2n), [3]],
      radii: ['float32', Float32Array.of(1, 1, 1), [3]],
      uniforms: images(),
    });
    assert.deepEqual([distances.length, perturbations.length], [3, 3 * 784]);
    // The ray ends at 1.05 times 8.
    for (const distance of Array.from(distances))
      assert.ok(distance > 0 && distance <= 8.4 * (1 + 1e-6), `${distance}`);
    for (const text of ['an-pgd', 'iterations', 'conv1.kernel']) assert.ok(bytes.includes(text), text);
  });

  it('says what it cannot do', async () => {
    const fails = async (message: RegExp, ...args: string[]) => {
      const { code, stderr } = await runCommand(['models', 'export', ...args], directory);
      assert.notEqual(code, 0);
      assert.match(stderr, message);
    };
    await Promise.all([
      fails(
        /--format safetensors: expected onnx for an attack/,
        '--attack',
        '--format',
        'safetensors',
        '--output',
        'x',
      ),
      fails(/required option '--output <path>'/, 'digits'),
      fails(/version: expected 1, the only one there is, got 7/, 'digits', '7', '--output', 'x'),
      fails(/--registry: expected a directory, got nowhere/, '--registry', 'nowhere', '--output', 'x'),
      fails(/expected a number above 0/, '--attack', '--max-distance', '0', '--output', 'x'),
    ]);
  });
});
