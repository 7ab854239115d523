import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openRegistry } from '../../core/registry/open-registry.js';
import type { EarlyStop } from '../../core/registry/manifest.js';
import type { TrainingHistory } from '../../trainer/mma/training-history.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { runCommand } from './command-line.js';

describe('maxmargin train with presets', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const train = async (...args: string[]) => runCommand(['train', ...args], directory());

  it('lists them, for people in 100 columns and for machines in every number', async () => {
    const { code, stdout } = await train('--list-presets');
    assert.equal(code, 0);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
    assert.match(stdout, /^cifar10-linf-mma-12 +mma +linf +12\/255 +0\.005 +1\/3 +8\/255 +2\/255$/m);
    assert.match(stdout, /^learning rate schedule +0:0\.3, 20000:0\.09, 30000:0\.03, 40000:0\.009$/m);
    const presets = JSON.parse((await train('--list-presets', '--json')).stdout) as {
      readonly name: string;
      readonly spec: { readonly training: { readonly steps: number } };
    }[];
    assert.equal(presets.length, 62);
    assert.equal(presets.find(({ name }) => name === 'mnist-l2-pgd-4.0')?.spec.training.steps, 100_000);
  });

  it('trains by one, other numbers beside it, and publishes what was used and how it went', async () => {
    const ended = await train(
      ...['--preset', 'mnist-linf-mma-0.45', '--dataset', 'digits', '--sizes', '2,2,4', '--attack-iterations', '2'],
      ...['--train-examples', '250', '--validation-examples', '50', '--validation-margin-examples', '10'],
      ...[
        '--learning-rate-schedule',
        '0:1e-3,5:1e-30',
        '--evaluation-margin-examples',
        '4',
        '--augmentation',
        'crop-flip',
      ],
      ...['--keep-epochs', '--early-stop-validations', '2', '--seed', '3', '--json'],
    );
    assert.equal(ended.code, 0, ended.stderr);
    const { model, version, epochs, earlyStop } = JSON.parse(ended.stdout) as {
      readonly earlyStop: EarlyStop;
      readonly model: string;
      readonly version: number;
      readonly epochs: string;
    };
    assert.deepEqual([model, version], ['mnist-linf-mma-0.45', 1]);

    const registry = await openRegistry(join(directory(), 'registry'));
    const { origin } = await registry.manifest(model, version);
    assert.ok(origin.kind === 'trained');
    const { preset, data, training } = origin.configuration as Record<string, Record<string, unknown>>;
    assert.equal(preset, model);
    assert.deepEqual([data?.name, data?.validationExamples], ['digits', 50]);
    const { steps, attackIterations, bisections, validationInterval, augmentation, validationRadius } = training ?? {};
    assert.deepEqual(
      [steps, attackIterations, bisections, validationInterval, augmentation, validationRadius],
      [100_000, 2, 10, 'epoch', 'crop-flip', 0.3],
    );
    // Four steps an epoch; from the sixth step on weights stand still, and two more validations find nothing better.
    assert.ok(origin.steps! <= 16 && origin.steps! % 4 === 0, String(origin.steps));
    assert.equal(origin.keptStep, origin.steps! - 8);
    const history = (await registry.history(model, version)) as TrainingHistory;
    for (const told of [origin.earlyStop, history.earlyStop]) assert.deepEqual(told, earlyStop);
    const { step, epoch, validations, bestStep } = earlyStop;
    assert.deepEqual([step, epoch, validations, bestStep], [origin.steps, step / 4, 2, origin.keptStep]);
    const shown = await runCommand(['models', 'show', model, '--registry', 'registry'], directory());
    assert.match(
      shown.stdout,
      new RegExp(`^stopped early +after step ${step} \\(epoch ${epoch}\\): 2 validations in a row`, 'm'),
    );
    assert.equal(history.steps.length, origin.steps);
    assert.deepEqual(
      history.steps.slice(0, 6).map(({ learningRate }) => learningRate),
      [1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-30],
    );

    // The weights of the epoch that was kept are what was published.
    const kept = join(epochs, `epoch-000${origin.keptStep / 4}.safetensors`);
    const args = ['models', 'import', '--name', 'epoch', '--architecture', 'lenet', '--weights', kept];
    assert.equal((await runCommand([...args, '--registry', 'registry'], directory())).code, 0);
    const [published, imported] = await Promise.all([registry.load(model, version), registry.load('epoch', 1)]);
    assert.deepEqual(imported.weights, published.weights);
  });

  it('names those that are spelt like one that is not there', async () => {
    const { code, stderr } = await train('--preset', 'mnist-linf-mma');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /--preset: expected one of the 62 presets, such as mnist-linf-mma-0\.45, .*got "mnist-linf-mma"/,
    );
  });
});
