import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { writeSafetensors } from '../../core/model/safetensors.js';
import type { Evaluation } from '../../clients/client/index.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import { runCommand, startCommand } from './command-line.js';
import type { RunningCommand } from './command-line.js';

/** Seconds; what is learnt does not matter here. */
const TINY = [
  ...['--sizes', '4,8,16', '--steps', '6', '--attack-iterations', '2', '--learning-rate', '1e-3'],
  ...['--train-examples', '600', '--validation-margin-examples', '10', '--evaluation-margin-examples', '10'],
];

type Json = Record<string, unknown>;

describe('maxmargin commands', function () {
  this.timeout(120_000);
  let directory: string;
  let server: { readonly command: RunningCommand; readonly address: string };
  let trainer: { readonly command: RunningCommand; readonly address: string };

  /** Runs a command that must succeed. @returns each line that it printed, parsed */
  const json = async (...args: string[]): Promise<Json[]> => {
    const { code, stdout, stderr } = await runCommand([...args, '--json'], directory);
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
  };
  const ask = (...args: string[]) => json(...args, '--address', server.address);
  const askTrainer = (...args: string[]) => json(...args, '--address', trainer.address);
  const fails = async (code: number, message: RegExp, ...args: string[]): Promise<void> => {
    const ended = await runCommand(args, directory);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, message);
    assert.doesNotMatch(ended.stderr, /^ +at /m, 'a person has no use for a stack');
  };
  const listen = async (...args: string[]) => {
    const free = ['--address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
    const command = startCommand([...args, ...free], directory);
    const [, address = ''] = await command.waitFor(/"address":"([^"]+)".*"listening"/);
    return { command, address };
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'maxmargin-cli-'));
    // The model that everything below asks: the first command that is tested.
    const [published] = await json('train', ...TINY);
    assert.deepEqual([published?.model, published?.version], ['digits', 1]);
    // A second version, as another training would have published it.
    const registry = await openRegistry(join(directory, 'registry'));
    await registry.publish('digits', await registry.load('digits', 1));
    const raw = Buffer.alloc(784, 0);
    for (let y = 4; y < 24; y++) raw.fill(255, y * 28 + 13, y * 28 + 16);
    await writeFile(join(directory, 'one.raw'), raw);
    const png = new PNG({ width: 28, height: 28 });
    raw.forEach((value, i) => {
      png.data.set([value, value, value, 255], 4 * i);
    });
    await writeFile(join(directory, 'one.png'), PNG.sync.write(png));
    [server, trainer] = await Promise.all([
      listen('serve', '--registry', 'registry'),
      listen('trainer', '--registry', 'registry', '--jobs', 'jobs', '--data', 'data'),
    ]);
  });
  after(async () => {
    for (const { command } of [server, trainer]) {
      const { code } = await command.stop('SIGTERM');
      assert.equal(code, 0, 'a service that is told to stop ends well');
    }
    await rm(directory, { recursive: true, maxRetries: 10 });
  });

  it('classify: examples of a data set, a PNG, a raw file', async () => {
    const [answers] = await ask('classify', '--dataset', 'digits', '--index', '0-1');
    const [first, second] = answers?.results as Json[];
    assert.deepEqual([first?.image, second?.image], ['0', '1']);
    assert.equal((first?.logits as number[]).length, 10);

    const [fromPng] = await ask('classify', 'one.png');
    const [fromRaw] = await ask('classify', 'one.raw', '--shape', '28,28,1', '--dtype', 'uint8');
    const logits = (answer: Json | undefined) => (answer?.results as Json[])[0]?.logits;
    assert.deepEqual(logits(fromPng), logits(fromRaw));
  });

  it('margin, with a picture', async () => {
    const [answers] = await ask(
      ...['margin', '--dataset', 'digits', '--index', '3,5', '--max-distance', '1', '--seed', '7', '--budget', '30'],
      ...['--perturbations', '--save', 'margin.png'],
    );
    const results = answers?.results as Json[];
    assert.deepEqual(
      results.map(({ image }) => image),
      ['3', '5'],
    );
    for (const { status, perturbation } of results) {
      assert.match(String(status), /^(found|not-found|misclassified)$/);
      assert.equal(perturbation !== undefined, status === 'found');
    }
    const { succeeds } = answers?.saved as { readonly succeeds: (boolean | null)[] };
    assert.deepEqual(
      succeeds.map((each) => each !== null),
      results.map(({ status }) => status === 'found'),
    );

    const forPeople = await runCommand(['margin', '--dataset', 'digits', '--address', server.address], directory);
    assert.match(forPeople.stdout, /^image +label +class +adversarial +distance +status +gradients +converged$/m);
  });

  it('margin: the adversarial image of a saved picture, read back, is classified as it says', async () => {
    const [answers] = await ask('margin', 'one.png', '--max-distance', '1', '--save', 'one-margin.png');
    const [result] = answers?.results as Json[];
    const { succeeds } = answers?.saved as { readonly succeeds: (boolean | null)[] };
    assert.equal(result?.status, 'found');
    // The last of three tiles, of 28 × 28 squares of 7 pixels, 16 pixels from right and below.
    const picture = PNG.sync.read(await readFile(join(directory, 'one-margin.png')));
    const tile = new PNG({ width: 28, height: 28 });
    for (let i = 0; i < 784; i++) {
      const x = picture.width - 16 - 196 + 7 * (i % 28) + 3;
      const y = picture.height - 16 - 196 + 7 * Math.floor(i / 28) + 3;
      picture.data.copy(tile.data, 4 * i, 4 * (y * picture.width + x), 4 * (y * picture.width + x) + 4);
    }
    await writeFile(join(directory, 'read-back.png'), PNG.sync.write(tile));
    const [again] = await ask('classify', 'read-back.png');
    const [{ predictedClass } = {}] = again?.results as Json[];
    assert.equal(predictedClass !== result.label, succeeds[0]);
  });

  it('margin: a picture that cannot be written is refused before any work', async () => {
    const nowhere = ['--dataset', 'digits', '--address', '127.0.0.1:1', '--save'];
    await fails(2, /--save: expected a \.png file that can be written, got a\.gif/, 'margin', ...nowhere, 'a.gif');
    await fails(2, /but there is no directory absent$/m, 'margin', ...nowhere, 'absent/a.png');
    await fails(2, /but there is no directory one\.png$/m, 'margin', ...nowhere, 'one.png/a.png');
  });

  it('jobs: a job is created, watched to its end, listed and shown', async () => {
    const updates = await askTrainer('train', ...TINY, '--request-id', 'first');
    const last = updates.at(-1)?.job as Json;
    assert.deepEqual([last.state, last.publishedVersion], ['succeeded', 3]);
    assert.equal((last.evaluation as Evaluation).robustAccuracies.length, 3);
    const name = String(last.name);
    const [again] = await askTrainer('train', ...TINY, '--request-id', 'first', '--detach');
    assert.equal(again?.name, name);
    const [listed] = (await askTrainer('jobs', 'list')) as unknown as Json[][];
    assert.deepEqual(
      listed?.map((job) => job.name),
      [name],
    );
    const [shown] = await askTrainer('jobs', 'show', name);
    assert.equal(shown?.state, 'succeeded');
    const watched = await askTrainer('jobs', 'watch', name);
    assert.equal((watched.at(-1)?.job as Json).state, 'succeeded');
  });

  it('jobs: one is cancelled and resumed', async () => {
    const [created] = await askTrainer('train', ...TINY, '--steps', '100000', '--checkpoint-interval', '1', '--detach');
    const name = String(created?.name);
    const [cancelled] = await askTrainer('jobs', 'cancel', name);
    assert.match(String(cancelled?.state), /^(running|cancelled)$/);
    await fails(1, /was cancelled/, 'jobs', 'watch', name, '--address', trainer.address);
    const [resumed] = await askTrainer('jobs', 'resume', name);
    assert.match(String(resumed?.state), /^(queued|running)$/);
    await askTrainer('jobs', 'cancel', name);
  });

  for (const where of ['a server', 'a registry on this machine']) {
    it(`models of ${where}: list, show, promote, roll back, import`, async () => {
      const place = where === 'a server' ? ['--address', server.address] : ['--registry', 'registry'];
      const models = (...args: string[]) => json('models', ...args, ...place);
      const [promoted] = await models('promote', 'digits', '2');
      assert.deepEqual(promoted, { model: 'digits', alias: 'champion', version: 2, previousVersion: 1 });
      await fails(
        1,
        /expected version 1, got version 2/,
        'models',
        'promote',
        'digits',
        '1',
        '--expected',
        '1',
        ...place,
      );
      await fails(1, /no alias to point to it, got champion/, 'models', 'delete', 'digits', '2', ...place);
      const [back] = await models('rollback', 'digits');
      assert.deepEqual(back, { model: 'digits', alias: 'champion', version: 1, previousVersion: 2 });
      await fails(1, /champion has pointed to no other version/, 'models', 'rollback', 'digits', ...place);
      const [shown] = await models('show', 'digits', '2');
      assert.deepEqual([shown?.version, (shown?.manifest as Json).parentVersion], [2, 1]);
      const { robustAccuracies, gradientEvaluations } = shown?.evaluation as Evaluation;
      assert.deepEqual(
        robustAccuracies.map(({ examples, attacks }) => [examples, attacks]),
        Array.from({ length: 3 }, () => [10, ['pgd-ce', 'pgd-cw']]),
      );
      assert.ok(gradientEvaluations > 0);

      const { weights } = await (await openRegistry(join(directory, 'registry'))).load('digits', 1);
      await writeFile(join(directory, 'weights.safetensors'), writeSafetensors(weights));
      const name = where === 'a server' ? 'sent' : 'brought';
      const file = ['--architecture', 'lenet', '--weights', 'weights.safetensors'];
      const [imported] = await models('import', '--name', name, ...file, '--labels', 'a,b,c,d,e,f,g,h,i,j');
      assert.deepEqual([imported?.name, imported?.version, imported?.aliases], [name, 1, ['champion']]);
      const [listed] = (await models('list')) as unknown as Json[][];
      assert.ok(listed?.some((model) => model.name === name));
    });
  }

  it('data info', async () => {
    const [info] = await json('data', 'info', 'digits');
    assert.match(JSON.stringify(info), /6000/);
  });

  it('call', async () => {
    const [health] = await ask('call', 'grpc.health.v1.Health/Check', '{"service":"maxmargin.v1.RobustnessService"}');
    assert.deepEqual(health, { status: 'SERVING' });
  });

  it('say what is wrong, with an exit code that is not 0', async () => {
    const address = ['--model', 'digits', '--address', server.address];
    await Promise.all([
      fails(2, /error: unknown command 'trian'/, 'trian'),
      fails(2, /--steps: expected an integer from 1 to \d+, got "0"/, 'train', '--steps', '0'),
      fails(2, /--learning-rate: expected a number above 0 and up to 100/, 'train', '--learning-rate', '1e9'),
      fails(2, /--min-radius: expected a number above 0 and up to 0\.45/, 'train', '--min-radius', '0.5'),
      fails(1, /--registry: expected a directory, got nowhere/, 'models', 'list', '--registry', 'nowhere'),
      fails(1, /missing\.png/, 'classify', 'missing.png', ...address),
      fails(1, /one\.raw: expected a PNG or JPEG file/, 'classify', 'one.raw', ...address),
      fails(
        2,
        /--label: expected a number from 0 to 9, got 99/,
        'margin',
        '--dataset',
        'digits',
        '--label',
        '99',
        ...address,
      ),
      fails(1, /\(UNAVAILABLE\)\nIs the service running/, 'jobs', 'list', '--address', '127.0.0.1:1'),
      fails(1, /key "modl" is unknown/, 'call', 'maxmargin.v1.RobustnessService/GetModel', '{"modl":{}}'),
    ]);
  });

  it('serve leaves no service behind when it is killed', async () => {
    const { command } = await listen('serve', '--registry', 'registry');
    // Its output ends when the service, which writes it, has ended.
    const { stdout } = await command.stop('SIGKILL');
    assert.match(stdout, /"stopped"/);
  });

  it('serve drains when a supervisor signals all of its processes', async () => {
    const { command } = await listen('serve', '--registry', 'registry');
    const [, pid] = await command.waitFor(/"pid":(\d+)/);
    process.kill(Number(pid), 'SIGTERM');
    command.process.kill('SIGTERM');
    const { code, stdout } = await command.stop('SIGTERM');
    assert.equal(code, 0);
    assert.match(stdout, /"stopped"/);
    assert.doesNotMatch(stdout, /without waiting/);
  });
});
