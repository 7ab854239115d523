import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWasm } from '../../core/engine/wasm/open-wasm.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import { RESIDUAL_DIGITS } from '../support/keras-json.js';
import { kerasModel, savedModel } from '../support/keras-models.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { runCommand, startCommand } from './command-line.js';

/** Seconds; what is learnt does not matter here. */
const TINY = [
  ...['--steps', '4', '--attack-iterations', '2', '--bisections', '2', '--train-examples', '300'],
  ...['--validation-margin-examples', '5', '--evaluation-margin-examples', '5'],
];

type Json = Record<string, unknown>;

describe('a LayersModel by the command line', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const run = async (...args: string[]): Promise<Json> => {
    const { code, stdout, stderr } = await runCommand([...args, '--json'], directory());
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
    return JSON.parse(stdout) as Json;
  };
  const fails = async (expected: number, message: RegExp, ...args: string[]) => {
    const { code, stderr } = await runCommand(args, directory());
    assert.equal(code, expected, stderr);
    assert.match(stderr, message);
  };

  it('is trained and named', async () => {
    await writeFile(join(directory(), 'own.json'), JSON.stringify(RESIDUAL_DIGITS));
    const published = await run('train', '--model', 'own', '--architecture', './own.json', ...TINY);
    assert.deepEqual([published['model'], published['version']], ['own', 1]);
    const { stdout } = await runCommand(['models', 'show', 'own'], directory());
    assert.match(stdout, /^network +layers-model$/m);
    const registry = await openRegistry(join(directory(), 'registry'));
    const { origin } = await registry.manifest('own', 1);
    assert.ok(origin.kind === 'trained');
    const { architecture } = origin.configuration as { architecture: Json };
    assert.equal(architecture['name'], 'layers-model');
    assert.doesNotMatch(architecture['layersModelJson'] as string, /weightsManifest/);

    const lambda = JSON.stringify(RESIDUAL_DIGITS).replace('"Add"', '"Lambda"');
    await writeFile(join(directory(), 'lambda.json'), lambda);
    await Promise.all([
      fails(
        2,
        /^maxmargin: --architecture: layer sum \(Lambda\): expected one of the layers that are known/,
        ...['train', '--architecture', 'lambda.json', ...TINY],
      ),
      fails(1, /none\.json/, 'train', '--architecture', 'none.json', ...TINY),
    ]);
  });

  it('that TensorFlow.js trained is imported, here and by a server, and served', async () => {
    await openWasm();
    const theirs = kerasModel(['conv2d', 'batchNormalization', 'residual'], 3, [28, 28, 1], 10);
    const { json, weights } = await savedModel(theirs);
    theirs.dispose();
    const saved = join(directory(), 'saved');
    await mkdir(saved);
    await writeFile(join(saved, 'model.json'), JSON.stringify(json));
    await writeFile(join(saved, 'weights.bin'), weights);
    const importing = ['models', 'import', '--architecture', 'layers-model', '--weights'];
    const free = ['--address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
    const here = await run(...importing, 'saved', '--name', 'here');
    assert.deepEqual([here['name'], here['version'], here['aliases']], ['here', 1, ['champion']]);
    const server = startCommand(['serve', '--registry', 'registry', ...free], directory());
    const [, address = ''] = await server.waitFor(/"address":"([^"]+)".*"listening"/);
    try {
      const there = await run(...importing, 'saved/model.json', '--name', 'there', '--address', address);
      assert.deepEqual([there['name'], there['version']], ['there', 1]);
      const file = (name: string) => readFile(join(directory(), 'registry', name, '1', 'weights.bin'));
      assert.deepEqual(await file('there'), await file('here'));
      const { stdout, code, stderr } = await runCommand(
        ['margin', '--dataset', 'digits', '--index', '0-1', '--model', 'there', '--address', address, '--json'],
        directory(),
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /"distance"/);
    } finally {
      assert.equal((await server.stop('SIGTERM')).code, 0);
    }

    const elsewhere = structuredClone(json) as { weightsManifest: { paths: string[] }[] };
    elsewhere.weightsManifest[0]!.paths = ['../secret.bin'];
    await writeFile(join(saved, 'elsewhere.json'), JSON.stringify(elsewhere));
    await fails(
      1,
      /paths: expected names of files beside model\.json, got "\.\.\/secret\.bin"/,
      ...[...importing, 'saved/elsewhere.json', '--name', 'x'],
    );
    await writeFile(join(saved, 'weights.bin'), weights.subarray(4));
    await fails(1, /weights: weights\.bin: expected \d+ bytes, got \d+/, ...importing, 'saved', '--name', 'x');
  });
});
