import assert from 'node:assert/strict';
import { formatRecord, parseRecord } from '../../../../../trainer/jobs/job-record.js';
import type { Job } from '../../../../../trainer/jobs/job.js';
import type { JobSpecRequest } from '../../../../../trainer/jobs/training-spec.js';
import { completeSpec } from '../../../../../trainer/jobs/job-spec.js';
import { PRESETS } from '../../../../../trainer/jobs/presets/presets.js';
import { TrainingSpec } from '../../../../../proto/gen/maxmargin/v1/training_service.js';
import { specMessage, specRequestOf } from '../../../../../trainer/jobs/spec-message.js';

const specOf = (preset: string, more: Partial<JobSpecRequest> = {}) => completeSpec({ model: 'm', preset, ...more });

/** The rows of the paper's tables. */
const NAMES = [
  ...['mnist-std', 'cifar10-std'],
  ...['mma', 'omma'].flatMap((method) => [
    `mnist-linf-${method}-0.45`,
    ...['2.0', '4.0', '6.0'].map((distance) => `mnist-l2-${method}-${distance}`),
    ...['12', '20', '32'].map((distance) => `cifar10-linf-${method}-${distance}`),
    ...['1.0', '2.0', '3.0'].map((distance) => `cifar10-l2-${method}-${distance}`),
  ]),
  ...['pgd', 'pgdls'].flatMap((method) => [
    ...['0.1', '0.2', '0.3', '0.4', '0.45'].map((epsilon) => `mnist-linf-${method}-${epsilon}`),
    ...['1.0', '2.0', '3.0', '4.0'].map((epsilon) => `mnist-l2-${method}-${epsilon}`),
    ...['4', '8', '16', '24', '32'].map((epsilon) => `cifar10-linf-${method}-${epsilon}`),
    ...['0.5', '1.0', '1.5', '2.0', '2.5'].map((epsilon) => `cifar10-l2-${method}-${epsilon}`),
  ]),
  ...['mnist-linf-trades-0.3', 'cifar10-linf-trades-8'],
];

const EPOCHS = {
  checkpointInterval: 'epoch',
  validationInterval: 'epoch',
  validationMarginExamples: 5000,
  evaluationMarginExamples: 1000,
} as const;
const MNIST = {
  steps: 100_000,
  batchSize: 50,
  attackIterations: 40,
  bisections: 10,
  optimizer: { rule: 'adam', learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  augmentation: 'none',
  seed: '0',
  ...EPOCHS,
} as const;
const CIFAR10 = {
  steps: 50_000,
  batchSize: 128,
  attackIterations: 10,
  bisections: 10,
  optimizer: {
    rule: 'sgd',
    learningRate: 0.3,
    schedule: [
      { fromStep: 0, learningRate: 0.3 },
      { fromStep: 20_000, learningRate: 0.09 },
      { fromStep: 30_000, learningRate: 0.03 },
      { fromStep: 40_000, learningRate: 0.009 },
    ],
    momentum: 0.9,
    weightDecay: 2e-4,
  },
  augmentation: 'crop-flip',
  seed: '0',
  ...EPOCHS,
} as const;
const SEARCH = { losses: { attack: 'slm', search: 'slm', margin: 'ce', clean: 'ce' } } as const;

describe('presets', () => {
  it('are the rows of the paper', () => {
    assert.deepEqual([...PRESETS.keys()].sort(), NAMES.toSorted());
  });

  for (const [name, data, architecture, training] of [
    [
      'mnist-linf-mma-0.45',
      'mnist',
      { name: 'lenet', sizes: [32, 64, 1024] },
      {
        ...{ ...MNIST, ...SEARCH, method: 'mma', norm: 'linf', maxDistance: 0.45, minRadius: 0.1 },
        ...{ cleanCoefficient: 1 / 3, validationRadius: 0.3, validationStepSize: 0.01 },
      },
    ],
    [
      'mnist-l2-omma-4.0',
      'mnist',
      { name: 'lenet', sizes: [32, 64, 1024] },
      {
        ...{ ...MNIST, ...SEARCH, method: 'omma', norm: 'l2', maxDistance: 4, minRadius: 0.5 },
        ...{ cleanCoefficient: 0, validationRadius: 2, validationStepSize: 0.125 },
      },
    ],
    [
      'cifar10-linf-mma-20',
      'cifar10',
      { name: 'wrn', sizes: [28, 4] },
      {
        ...{ ...CIFAR10, ...SEARCH, method: 'mma', norm: 'linf', maxDistance: 20 / 255, minRadius: 0.005 },
        ...{ cleanCoefficient: 1 / 3, validationRadius: 8 / 255, validationStepSize: 2 / 255 },
      },
    ],
    [
      'cifar10-l2-mma-3.0',
      'cifar10',
      { name: 'wrn', sizes: [28, 4] },
      {
        ...{ ...CIFAR10, ...SEARCH, method: 'mma', norm: 'l2', maxDistance: 3, minRadius: 0.5 },
        ...{ cleanCoefficient: 1 / 3, validationRadius: 1, validationStepSize: 0.25 },
      },
    ],
    [
      'cifar10-linf-pgdls-16',
      'cifar10',
      { name: 'wrn', sizes: [28, 4] },
      {
        ...{ ...CIFAR10, method: 'pgdls', norm: 'linf', maxDistance: 32 / 255, minRadius: 0.005 },
        ...{ losses: { attack: 'slm', margin: 'ce', clean: 'ce' }, cleanCoefficient: 0 },
        ...{ epsilon: 16 / 255, initialEpsilon: 0, epsilonRampSteps: 50_000 },
        ...{ validationRadius: 8 / 255, validationStepSize: 2 / 255 },
      },
    ],
  ] as const)
    it(`have every number of the paper (${name})`, () => {
      assert.deepEqual(specOf(name), {
        model: 'm',
        data: { name: data, directory: data, trainExamples: 0, validationExamples: 5000 },
        architecture,
        training,
        alias: '',
        preset: name,
      });
    });

  it('are carried by the contract, as they are and with other numbers', () => {
    for (const name of NAMES)
      for (const more of [{}, { steps: 10, optimizer: { learningRate: 0.5, weightDecay: 0 } }]) {
        const spec = specOf(name, more);
        const message = TrainingSpec.decode(TrainingSpec.encode(specMessage(spec)).finish());
        assert.deepEqual(completeSpec(specRequestOf(message)), spec);
        const asked = TrainingSpec.decode(
          TrainingSpec.encode(TrainingSpec.fromPartial({ model: 'm', preset: name })).finish(),
        );
        assert.deepEqual(completeSpec(specRequestOf(asked)), specOf(name));
      }
  });

  it('are stored with jobs in every number', () => {
    const job: Omit<Job, 'spec'> = {
      ...{ name: 'job-20261122t133604123-5f1e0c', requestId: '', state: 'queued', sequence: 1, error: '' },
      ...{ createTime: '2026-11-22T13:36:04.123Z', queueTime: '2026-11-22T13:36:04.123Z' },
      ...{ cancelRequested: false, restarts: 0, publishedVersion: 0 },
    };
    for (const name of NAMES)
      for (const more of [{}, { keepEpochs: true, earlyStopValidations: 3, validationInterval: 7 }]) {
        const spec = specOf(name, more);
        assert.deepEqual(parseRecord(formatRecord({ ...job, spec })).spec, spec);
      }
  });

  it('give way to what is asked for', () => {
    const { data, architecture, training } = specOf('cifar10-l2-mma-1.0', {
      data: { name: 'digits', directory: '', trainExamples: 600, validationExamples: 100 },
      architecture: { sizes: [10, 1] },
      steps: 10,
      maxDistance: 0.75,
      optimizer: { weightDecay: 0 },
      augmentation: 'none',
      validationInterval: 5,
    });
    assert.deepEqual(data, { name: 'digits', directory: 'digits', trainExamples: 600, validationExamples: 100 });
    assert.deepEqual(architecture, { name: 'wrn', sizes: [10, 1] });
    const { optimizer, ...rest } = training;
    assert.deepEqual(
      [
        rest.steps,
        rest.maxDistance,
        rest.augmentation,
        rest.validationInterval,
        rest.checkpointInterval,
        rest.minRadius,
      ],
      [10, 0.75, 'none', 5, 'epoch', 0.5],
    );
    assert.deepEqual(optimizer, { ...CIFAR10.optimizer, weightDecay: 0 });
    assert.deepEqual(specOf('cifar10-std', { architecture: { name: 'lenet' } }).architecture.sizes, [32, 64, 1024]);
  });

  it('give way to another learning rate, optimizer, method or norm in all numbers that go with it', () => {
    const optimizerOf = (optimizer: JobSpecRequest['optimizer']) =>
      specOf('cifar10-linf-pgd-8', { optimizer }).training.optimizer;
    assert.deepEqual(optimizerOf({ learningRate: 0.1 }), {
      ...{ rule: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 2e-4 },
    });
    const schedule = [{ fromStep: 5, learningRate: 0.2 }];
    assert.deepEqual(optimizerOf({ schedule }), {
      ...{ rule: 'sgd', learningRate: 0.1, schedule, momentum: 0.9, weightDecay: 2e-4 },
    });
    assert.deepEqual(optimizerOf({ rule: 'adam' }), MNIST.optimizer);

    const mma = specOf('cifar10-linf-pgdls-8', { method: 'mma' }).training;
    assert.deepEqual([mma.epsilon, mma.initialEpsilon, mma.cleanCoefficient], [undefined, undefined, 1 / 3]);
    assert.equal(specOf('mnist-linf-mma-0.45', { method: 'omma' }).training.cleanCoefficient, 0);
    const l2 = specOf('cifar10-linf-mma-12', { norm: 'l2' }).training;
    assert.deepEqual([l2.maxDistance, l2.minRadius, l2.attackIterations], [2, 0.5, 10]);
  });

  it('that are unknown are answered with those that are spelt alike', () => {
    for (const [asked, near] of [
      ['mnist-linf-mma-0.4', 'mnist-linf-mma-0.45'],
      ['cifar-linf-mma-12', 'cifar10-linf-mma-12'],
      ['CIFAR10-l2-omma-2', 'cifar10-l2-omma-2.0'],
    ] as const)
      assert.throws(
        () => specOf(asked),
        (error: Error) =>
          error.message.startsWith('spec.preset: expected one of the 62 presets, such as ') &&
          error.message.split(/, got /)[0]!.includes(near) &&
          error.message.endsWith(`got "${asked}"`),
      );
    assert.throws(() => specOf('x'.repeat(100_000)), /spec\.preset: .* got "x{80}…"$/);
  });
});
