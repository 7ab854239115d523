import assert from 'node:assert/strict';
import { DomainError } from '../../../../core/errors.js';
import { completeSpec, validationCount } from '../../../../trainer/jobs/job-spec.js';
import type { JobSpecRequest } from '../../../../trainer/jobs/training-spec.js';

const refused = (request: Partial<JobSpecRequest>, message: RegExp) => {
  assert.throws(
    () => completeSpec({ model: 'm', ...request }),
    (error) => error instanceof DomainError && error.kind === 'invalid-input' && message.test(error.message),
    `expected ${message} of ${JSON.stringify(request)}`,
  );
};

describe('completeSpec', () => {
  it('fills in the settings of the paper for MNIST', () => {
    assert.deepEqual(completeSpec({ model: 'm' }), {
      model: 'm',
      data: { name: 'digits', directory: 'digits', trainExamples: 0, validationExamples: 0 },
      architecture: { name: 'lenet', sizes: [32, 64, 1024] },
      training: {
        method: 'mma',
        norm: 'linf',
        maxDistance: 0.45,
        minRadius: 0.1,
        attackIterations: 40,
        bisections: 10,
        cleanCoefficient: 1 / 3,
        losses: { attack: 'slm', search: 'slm', margin: 'ce', clean: 'ce' },
        steps: 1000,
        batchSize: 50,
        optimizer: { rule: 'adam', learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        seed: '0',
        augmentation: 'none',
        checkpointInterval: 100,
        validationInterval: 200,
        validationMarginExamples: 200,
        validationRadius: 0.3,
        validationStepSize: 0.01875,
        evaluationMarginExamples: 200,
      },
      alias: '',
    });
  });

  it('takes what it has filled in', () => {
    const spec = completeSpec({ model: 'm', method: 'omma', norm: 'l2', optimizer: { rule: 'sgd' }, steps: 7 });
    assert.equal(spec.training.cleanCoefficient, 0);
    assert.equal(spec.training.validationInterval, 2);
    assert.deepEqual(spec.training.optimizer, { rule: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 });
    const again = completeSpec({
      ...spec.training,
      model: spec.model,
      data: spec.data,
      architecture: spec.architecture,
    });
    assert.deepEqual(again, spec);
  });

  it('fills in what each method takes, and no more', () => {
    const own = (request: Partial<JobSpecRequest>) => {
      const { method, cleanCoefficient, epsilon, initialEpsilon, epsilonRampSteps, tradesBeta, losses } = completeSpec({
        model: 'm',
        maxDistance: 0.75,
        steps: 9,
        ...request,
      }).training;
      return { method, cleanCoefficient, epsilon, initialEpsilon, epsilonRampSteps, tradesBeta, losses };
    };
    const none = { epsilon: undefined, initialEpsilon: undefined, epsilonRampSteps: undefined, tradesBeta: undefined };
    const adversarial = { cleanCoefficient: 0, losses: { attack: 'slm', margin: 'ce', clean: 'ce' } };
    const clean = { cleanCoefficient: 1, losses: { clean: 'ce' } };
    assert.deepEqual(own({ method: 'standard' }), { ...none, ...clean, method: 'standard' });
    assert.deepEqual(own({ method: 'pgd' }), { ...none, ...adversarial, method: 'pgd', epsilon: 0.5 });
    const ramp = { epsilon: 0.5, initialEpsilon: 0, epsilonRampSteps: 9 };
    assert.deepEqual(own({ method: 'pgdls' }), { ...none, ...adversarial, method: 'pgdls', ...ramp });
    assert.deepEqual(own({ method: 'trades' }), { ...none, ...clean, method: 'trades', epsilon: 0.5, tradesBeta: 6 });
    const asked = { epsilon: 0.2, initialEpsilon: 0.1, epsilonRampSteps: 5, cleanCoefficient: 0.5 };
    assert.deepEqual(own({ method: 'pgdls', ...asked }), { ...none, ...adversarial, method: 'pgdls', ...asked });
  });

  it('refuses what a method does not take, and losses that cannot do what they are to do', () => {
    refused({ epsilon: 0.3 }, /^spec\.epsilon: expected none for method mma, got 0\.3/);
    refused({ method: 'pgd', initialEpsilon: 0.1 }, /^spec\.initial_epsilon: expected none for method pgd, got 0\.1/);
    refused({ method: 'pgd', epsilonRampSteps: 1 }, /^spec\.epsilon_ramp_steps: expected none for method pgd/);
    refused({ method: 'pgdls', tradesBeta: 1 }, /^spec\.trades_beta: expected none for method pgdls, got 1/);
    refused(
      { method: 'trades', cleanCoefficient: 0.5 },
      /^spec\.clean_coefficient: expected none, or 1, for method trades/,
    );
    refused({ method: 'pgd', cleanCoefficient: 1 }, /^spec\.clean_coefficient: .* below 1, got 1/);
    for (const epsilon of [0, -0.1, 1.1, Number.NaN]) refused({ method: 'pgd', epsilon }, /^spec\.epsilon: /);
    refused(
      { method: 'pgdls', epsilon: 0.2, initialEpsilon: 0.3 },
      /^spec\.initial_epsilon: expected a number from 0 to 0\.2, got 0\.3/,
    );
    refused({ method: 'pgdls', epsilonRampSteps: 0 }, /^spec\.epsilon_ramp_steps: expected an integer from 1/);
    refused({ method: 'trades', tradesBeta: 0 }, /^spec\.trades_beta: expected a number above 0/);
    refused(
      { losses: { search: 'ce' } },
      /^spec\.losses\.search: expected a loss that crosses zero, one of slm, lm, got "ce"/,
    );
    refused({ losses: { search: 'cw' } }, /^spec\.losses\.search: expected a loss that crosses zero/);
    refused({ losses: { attack: 'hinge' } }, /^spec\.losses\.attack: expected one of ce, lm, slm, cw, got "hinge"/);
    refused(
      { method: 'pgd', losses: { search: 'lm' } },
      /^spec\.losses\.search: expected none for method pgd, got "lm"/,
    );
    refused(
      { method: 'standard', losses: { margin: 'ce' } },
      /^spec\.losses\.margin: expected none for method standard/,
    );
  });

  it('takes schedules, epochs and early stops, and what it has made of them', () => {
    const schedule = [
      { fromStep: 0, learningRate: 0.3 },
      { fromStep: 20_000, learningRate: 0.09 },
    ];
    const spec = completeSpec({
      model: 'm',
      optimizer: { rule: 'sgd', schedule },
      augmentation: 'crop-flip',
      checkpointInterval: 'epoch',
      validationInterval: 'epoch',
      keepEpochs: true,
      earlyStopValidations: 3,
    });
    const { optimizer, ...training } = spec.training;
    assert.deepEqual(optimizer, { rule: 'sgd', learningRate: 0.3, schedule, momentum: 0.9, weightDecay: 0 });
    assert.deepEqual(
      [training.checkpointInterval, training.validationInterval, training.keepEpochs, training.earlyStopValidations],
      ['epoch', 'epoch', true, 3],
    );
    assert.deepEqual(completeSpec({ ...training, optimizer, model: 'm' }), spec);
    const later = completeSpec({ model: 'm', optimizer: { schedule: [{ fromStep: 9, learningRate: 1 }] } });
    assert.equal(later.training.optimizer.learningRate, 1e-4);
  });

  it('starts searches no higher than a quarter of a small d_max', () => {
    assert.equal(completeSpec({ model: 'm', maxDistance: 0.04 }).training.minRadius, 0.01);
    assert.equal(completeSpec({ model: 'm', norm: 'l2', maxDistance: 1 }).training.minRadius, 0.25);
  });

  it('names the field, what was expected and what came', () => {
    refused({ model: '' }, /^spec\.model: expected .*got ""/);
    refused({ model: '../up' }, /^spec\.model: .*got "\.\.\/up"/);
    refused({ model: 'x'.repeat(1000) }, /^spec\.model: .*got "x{80}…"/);
    refused({ alias: 'a/b' }, /^spec\.alias: /);
    refused({ data: { name: 'imagenet' } }, /^spec\.data\.name: expected one of digits, .*got "imagenet"/);
    for (const directory of ['/etc', '..', 'a/../b', '.hidden', 'a//b', 'a\0b', 'a/'])
      refused({ data: { directory } }, /^spec\.data\.directory: /);
    refused({ data: { trainExamples: -1 } }, /^spec\.data\.train_examples: .*got -1/);
    refused(
      { data: { trainExamples: 10, validationExamples: 10 } },
      /^spec\.data\.validation_examples: .*at most 9, got 10/,
    );
    refused({ architecture: { name: 'resnet' } }, /^spec\.architecture\.name: /);
    refused({ architecture: { sizes: [1, 2] } }, /^spec\.architecture\.sizes: .*got \[1, 2\]/);
    refused({ architecture: { name: 'wrn', sizes: [27, 4] } }, /^spec\.architecture\.sizes\[0\]: .*got 27/);
    refused({ architecture: { sizes: [1, 2, 1_000_000] } }, /^spec\.architecture\.sizes\[2\]: .*got 1000000/);
    for (const maxDistance of [Number.NaN, Number.POSITIVE_INFINITY, -0.1, 1.5])
      refused({ maxDistance }, /^spec\.max_distance: /);
    refused({ minRadius: 0.5 }, /^spec\.min_radius: expected a number above 0 and up to 0\.45, got 0\.5/);
    refused({ attackIterations: -3 }, /^spec\.attack_iterations: expected an integer from 1 to 1000, got -3/);
    refused({ bisections: 2.5 }, /^spec\.bisections: /);
    refused({ cleanCoefficient: 1.1 }, /^spec\.clean_coefficient: /);
    refused(
      { cleanCoefficient: 0.5, method: 'omma' },
      /^spec\.clean_coefficient: expected none, or 0, for method omma/,
    );
    refused({ steps: -1 }, /^spec\.steps: .*got -1/);
    refused({ steps: 1e18 }, /^spec\.steps: /);
    refused({ batchSize: 1e6 }, /^spec\.batch_size: /);
    refused({ optimizer: { learningRate: -1 } }, /^spec\.optimizer\.learning_rate: /);
    refused({ optimizer: { weightDecay: Number.NaN } }, /^spec\.optimizer\.weight_decay: /);
    refused({ optimizer: { beta2: 1 } }, /^spec\.optimizer\.adam\.beta2: expected a number from 0 and below 1, got 1/);
    refused({ optimizer: { rule: 'sgd', momentum: 2 } }, /^spec\.optimizer\.sgd\.momentum: /);
    refused({ seed: '-1' }, /^spec\.seed: /);
    refused({ seed: '18446744073709551616' }, /^spec\.seed: /);
    for (const [fromSteps, place] of [
      [[5, 5], '1'],
      [[5, 4], '1'],
      [[-1], '0'],
      [[0.5], '0'],
    ] as const)
      refused(
        { optimizer: { schedule: fromSteps.map((fromStep) => ({ fromStep, learningRate: 1 })) } },
        new RegExp(`^spec\\.optimizer\\.schedule\\[${place}\\]\\.from_step: `),
      );
    refused(
      { optimizer: { schedule: [{ fromStep: 1, learningRate: 0 }] } },
      /^spec\.optimizer\.schedule\[0\]\.learning_rate: expected a number above 0 and up to 100, got 0/,
    );
    refused(
      { optimizer: { learningRate: 2, schedule: [{ fromStep: 0, learningRate: 1 }] } },
      /^spec\.optimizer\.learning_rate: expected none, or 1 as in the schedule, got 2/,
    );
    refused({ augmentation: 'rotate' }, /^spec\.augmentation: expected one of none, crop-flip, got "rotate"/);
    refused({ validationRadius: -1 }, /^spec\.validation_radius: /);
    refused({ validationStepSize: Number.NaN }, /^spec\.validation_step_size: /);
    refused({ earlyStopValidations: 0.5 }, /^spec\.early_stop_validations: /);
    refused({ checkpointInterval: -1 }, /^spec\.checkpoint_interval: /);
    refused({ validationMarginExamples: 1e12 }, /^spec\.validation_margin_examples: /);
  });
});

describe('validationCount', () => {
  it('keeps 5,000 examples, at most a twelfth, at least one', () => {
    const spec = completeSpec({ model: 'm' });
    assert.deepEqual(
      [60_000, 6000, 120_000, 5].map((available) => validationCount(spec, available)),
      [5000, 500, 5000, 1],
    );
  });

  it('refuses to keep all there are', () => {
    const spec = completeSpec({ model: 'm', data: { validationExamples: 100 } });
    assert.equal(validationCount(spec, 101), 100);
    assert.throws(() => validationCount(spec, 100), /spec\.data\.validation_examples: expected fewer than the 100/);
  });
});
