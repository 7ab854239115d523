import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { LOSSES } from '../../../../clients/client/training-losses.js';
import { METHODS } from '../../../../clients/client/training-spec.js';
import { trainingSpec, withTrainingOptions, type TrainingOptions } from '../../../../clients/cli/training-options.js';
import { completeSpec } from '../../../../trainer/jobs/job-spec.js';
import { LOSSES as LOSS_ROWS } from '../../../../trainer/mma/hyperparameters.js';
import { METHODS as TRAINED } from '../../../../trainer/mma/methods.js';

const configured = (...words: string[]) => {
  const command = withTrainingOptions(
    new Command('train').exitOverride().configureOutput({ writeErr: () => undefined }),
  );
  const spec = trainingSpec(command.parse(words, { from: 'user' }).opts<TrainingOptions>());
  return completeSpec({ ...spec, data: spec.data ?? {}, architecture: spec.architecture ?? {} }).training;
};

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
    assert.throws(() => configured('--epsilon', '0.2'), /spec\.epsilon: expected none for method mma, got 0\.2/);
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
});
