import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOSSES } from '../../../../clients/client/training-losses.js';
import { METHODS } from '../../../../clients/client/training-spec.js';
import {
  formatTraining,
  namingOptions,
  TRAINING_SETTINGS,
  trainingSpec,
} from '../../../../clients/cli/training-options.js';
import { command } from '../../../../host/config/command.js';
import { readSettings, withSettings, flagOf, type Environment } from '../../../../host/config/settings.js';
import { PRESETS } from '../../../../trainer/jobs/presets/presets.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { LOSSES as LOSS_ROWS } from '../../../../trainer/mma/hyperparameters.js';
import { METHODS as TRAINED } from '../../../../trainer/mma/methods.js';

const given = (words: readonly string[], environment: Environment = {}) => {
  const train = withSettings(command('train', '').configureOutput({ writeErr: () => undefined }), TRAINING_SETTINGS);
  return readSettings(TRAINING_SETTINGS, train.parse(words, { from: 'user' }).opts(), environment);
};

const configured = (...words: string[]) => completeSpec(trainingSpec(given(words))).training;

describe('the options of a training', () => {
  it('name every method and loss that the trainer has, and so does the contract', () => {
    assert.deepEqual(METHODS.toSorted(), TRAINED.toSorted());
    assert.deepEqual(LOSSES.toSorted(), LOSS_ROWS.attack.field.names?.toSorted());
    for (const method of METHODS) assert.equal(configured('--method', method).method, method);
    assert.throws(
      () => configured('--method', 'free'),
      /--method: expected one of mma, omma, standard, pgd, pgdls, trades, got "free"$/,
    );
  });

  it('say what a method takes of its own', () => {
    const { epsilon, initialEpsilon, epsilonRampSteps, cleanCoefficient } = configured(
      ...['--method', 'pgdls', '--epsilon', '0.2', '--initial-epsilon', '0.1', '--epsilon-ramp-steps', '7'],
      ...['--clean-coefficient', '0.5'],
    );
    assert.deepEqual([epsilon, initialEpsilon, epsilonRampSteps, cleanCoefficient], [0.2, 0.1, 7, 0.5]);
    assert.equal(configured('--method', 'trades', '--trades-beta', '3').tradesBeta, 3);
    assert.throws(
      () => {
        try {
          configured('--epsilon', '0.2');
        } catch (error) {
          throw namingOptions(error);
        }
      },
      { message: '--epsilon: expected none for method mma, got 0.2', exitCode: 2 },
    );
  });

  it('say which losses are used', () => {
    const words = ['--attack-loss', 'cw', '--search-loss', 'lm', '--margin-loss', 'slm', '--clean-loss', 'lm'];
    assert.deepEqual(configured(...words).losses, { attack: 'cw', search: 'lm', margin: 'slm', clean: 'lm' });
    assert.throws(
      () => configured('--search-loss', 'ce'),
      /--search-loss: expected a loss that crosses zero, one of slm, lm, got "ce"$/,
    );
  });

  it('take a momentum for sgd alone', () => {
    const sgd = { rule: 'sgd', learningRate: 0.1, weightDecay: 0, momentum: 0.5 };
    assert.deepEqual(configured('--optimizer', 'sgd', '--momentum', '0.5').optimizer, sgd);
    // Adam is the default: a momentum alone would otherwise change the optimizer, and its learning rate a thousandfold.
    for (const words of [[], ['--preset', 'mnist-linf-mma-0.45'], ['--preset', 'no-such']])
      assert.throws(() => configured('--momentum', '0.5', ...words), {
        message: '--momentum: expected --optimizer sgd beside it, got 0.5',
      });
    // A preset of sgd keeps the rest of its numbers.
    const preset = ['--preset', 'cifar10-l2-mma-1.0'];
    const { optimizer } = configured(...preset);
    assert.deepEqual(configured('--momentum', '0.5', ...preset).optimizer, { ...optimizer, momentum: 0.5 });
    assert.throws(() => configured('--optimizer', 'adam', '--momentum', '0.5'), {
      message: '--momentum: expected none for optimizer adam, got 0.5',
    });
  });

  it('name a file that is no network, which one was asked for and why it cannot be read', () => {
    const absent = join(tmpdir(), 'no-such-directory', 'model.json');
    assert.throws(() => configured('--architecture', absent), {
      message: `--architecture: expected the model.json of a LayersModel, got ${absent}, which cannot be read (ENOENT)`,
    });
  });

  const directory = temporaryDirectory();
  const written = (name: string, content: string) => {
    const file = join(directory(), name);
    writeFileSync(file, content);
    return file;
  };

  it('are taken from flags before environment before file, and print as such a file', async () => {
    const file = written(
      'train.yaml',
      'steps: 10\nbatchSize: 8\nepsilon: 0.2\nmethod: pgd\nlearningRateSchedule: 0:0.3,5:0.1\n',
    );
    const environment = { MAXMARGIN_BATCH_SIZE: '7', MAXMARGIN_STEPS: '11', MAXMARGIN_KEEP_EPOCHS: 'true' };
    const read = given(['--config', file, '--steps', '12', '--adam-beta1', '0.5'], environment);
    const spec = completeSpec(trainingSpec(read));
    const { steps, batchSize, epsilon, method, keepEpochs, optimizer } = spec.training;
    assert.deepEqual([steps, batchSize, epsilon, method, keepEpochs], [12, 7, 0.2, 'pgd', true]);
    assert.deepEqual([optimizer.learningRate, optimizer.rule === 'adam' && optimizer.beta1], [0.3, 0.5]);

    const printed = await formatTraining(read);
    for (const line of [
      'steps: 12 # --steps',
      'batchSize: 7 # MAXMARGIN_BATCH_SIZE',
      `epsilon: 0.2 # ${file}: epsilon`,
    ])
      assert.ok(printed.split('\n').includes(line), printed);
    assert.ok(printed.split('\n').includes('bisections: 10 # default'), printed);
    assert.deepEqual(completeSpec(trainingSpec(given(['--config', written('printed.yaml', printed)]))), spec);
  });

  it('print every preset as a file that gives the same training', async () => {
    for (const preset of PRESETS.keys()) {
      const read = given(['--preset', preset, '--seed', '18446744073709551615']);
      const printed = written('preset.yaml', await formatTraining(read));
      assert.deepEqual(completeSpec(trainingSpec(given(['--config', printed]))), completeSpec(trainingSpec(read)));
    }
    assert.match(
      await formatTraining(given(['--preset', 'cifar10-l2-mma-1.0'])),
      /^momentum: 0.9 # preset cifar10-l2-mma-1.0$/m,
    );
  });

  it('name where a wrong value came from', () => {
    const file = written('wrong.yaml', 'learningRate: 0\n');
    for (const [words, environment, message] of [
      [['--steps', '0'], {}, '--steps: expected an integer from 1 to 100000000, got "0"'],
      [['--steps'], {}, '--steps: expected an integer from 1 to 100000000, got nothing'],
      [[], { MAXMARGIN_NORM: 'l3' }, 'MAXMARGIN_NORM: expected one of linf, l2 (did you mean l2?), got "l3"'],
      [['--config', file], {}, `${file}: learningRate: expected a number above 0 and up to 100, got 0`],
      [
        ['--learning-rate-schedule', '0:1,0:2'],
        {},
        '--learning-rate-schedule: expected an integer above 0, the step before it, got "0:1,0:2"',
      ],
    ] as const)
      assert.throws(() => given(words, environment), { name: 'DomainError', message });
    for (const words of ['x', '0:1:2', '1:x', '-1:2'])
      assert.throws(() => given(['--learning-rate-schedule', words]), /--learning-rate-schedule: expected /, words);
  });

  it('are in the help, each with what is taken without it', () => {
    const help = withSettings(command('train', ''), TRAINING_SETTINGS).helpInformation().replaceAll(/\s+/g, ' ');
    for (const [name, { help: words, otherwise }] of Object.entries(TRAINING_SETTINGS)) {
      assert.ok(help.includes(`${flagOf(name)} `), name);
      assert.ok(help.includes(words) && help.includes(`(default: ${otherwise})`), name);
    }
  });
});
