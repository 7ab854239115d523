import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine, EngineChoice } from '../../../../core/engine/engine.js';

const run = promisify(execFile);
const MODULE = new URL('../../../../core/engine/open-engine.js', import.meta.url).href;

type Outcome = { readonly engine: Engine } | { readonly error: { readonly kind: string; readonly message: string } };

/** Opens an engine in a process of its own: a process has one. */
async function open(choice: EngineChoice, tfjsNode: string, flags: readonly string[] = []): Promise<Outcome> {
  const code = `
    import { openEngine } from ${JSON.stringify(MODULE)};
    const outcome = await openEngine(${JSON.stringify(choice)}).then(
      (engine) => ({ engine }),
      ({ kind, message }) => ({ error: { kind, message } }),
    );
    console.log(JSON.stringify(outcome));`;
  const env = { ...process.env, MAXMARGIN_TFJS_NODE: tfjsNode, MAXMARGIN_TORCH: tfjsNode };
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '-e', code], { env });
  return JSON.parse(stdout) as Outcome;
}

describe('openEngine', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'maxmargin-engine-'));
    await writeFile(join(directory, 'package.json'), '{ "name": "broken", "main": "index.cjs" }');
    const refuse = "process.dlopen = () => { throw new Error('no binary here'); };";
    await writeFile(join(directory, 'no-addons.cjs'), refuse);
    await writeFile(join(directory, 'index.cjs'), 'throw new Error("no libtensorflow here")');
  });
  after(() => rm(directory, { recursive: true }));

  it('opens wasm, which was asked for', async () => {
    const outcome = await open('wasm', directory);
    assert.ok('engine' in outcome);
    const { name, device, rejected, library } = outcome.engine;
    assert.deepEqual({ name, device }, { name: 'wasm', device: 'cpu' });
    assert.match(library, /^TensorFlow\.js \d/);
    assert.deepEqual(
      rejected.map((other) => other.reason),
      rejected.map(() => 'wasm was asked for'),
    );
  });

  it('prefers onnx', async () => {
    const outcome = await open('auto', directory);
    assert.ok('engine' in outcome);
    const { name, device, rejected, library } = outcome.engine;
    assert.deepEqual({ name, device }, { name: 'onnx', device: 'cpu' });
    assert.match(library, /^ONNX Runtime \d/);
    assert.deepEqual(rejected[0], { name: 'wasm', reason: 'onnx is preferred' });
  });

  it('falls back on wasm where the binary of onnx does not load, and says why', async () => {
    const outcome = await open('auto', directory, ['--require', join(directory, 'no-addons.cjs')]);
    assert.ok('engine' in outcome);
    assert.equal(outcome.engine.name, 'wasm');
    assert.equal(outcome.engine.rejected[0]!.name, 'onnx');
    assert.match(outcome.engine.rejected[0]!.reason, /onnxruntime-node does not load on \w+ \w+ \(no binary here\)/);
  });

  it('refuses tensorflow where it does not load, saying why and what to do', async () => {
    const outcome = await open('tensorflow', join(directory, 'nowhere'));
    assert.ok('error' in outcome);
    assert.equal(outcome.error.kind, 'failed-precondition');
    assert.match(outcome.error.message, /^engine tensorflow: .*nowhere/);
    assert.match(outcome.error.message, /npm run engine:tensorflow/);
    assert.match(outcome.error.message, /choose the engine wasm/);
  });
});
