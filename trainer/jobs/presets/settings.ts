import type { JobSpecRequest } from '../training-spec.js';

/** What a preset says; what it does not say takes its default. */
export type PresetSettings = Omit<JobSpecRequest, 'model' | 'preset' | 'alias' | 'seed'>;

const EVERY_EXPERIMENT = {
  bisections: 10,
  checkpointInterval: 'epoch',
  validationInterval: 'epoch',
  validationMarginExamples: 5000,
  evaluationMarginExamples: 1000,
} as const satisfies PresetSettings;

const MNIST: PresetSettings = {
  ...EVERY_EXPERIMENT,
  data: { name: 'mnist', validationExamples: 5000 },
  architecture: { name: 'lenet', sizes: [32, 64, 1024] },
  attackIterations: 40,
  steps: 100_000,
  batchSize: 50,
  optimizer: { rule: 'adam', learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  augmentation: 'none',
};

const CIFAR10: PresetSettings = {
  ...EVERY_EXPERIMENT,
  data: { name: 'cifar10', validationExamples: 5000 },
  architecture: { name: 'wrn', sizes: [28, 4] },
  attackIterations: 10,
  steps: 50_000,
  batchSize: 128,
  optimizer: {
    rule: 'sgd',
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
};

/** The experiments that differ in method and radius alone (Ding et al. 2020, arXiv:1812.02637, appendix on settings). */
export const SETTINGS = {
  'mnist-linf': { ...MNIST, norm: 'linf', minRadius: 0.1, validationRadius: 0.3, validationStepSize: 0.01 },
  'mnist-l2': { ...MNIST, norm: 'l2', minRadius: 0.5, validationRadius: 2, validationStepSize: 0.125 },
  'cifar10-linf': {
    ...CIFAR10,
    norm: 'linf',
    minRadius: 0.005,
    validationRadius: 8 / 255,
    validationStepSize: 2 / 255,
  },
  'cifar10-l2': { ...CIFAR10, norm: 'l2', minRadius: 0.5, validationRadius: 1, validationStepSize: 0.25 },
} as const satisfies Readonly<Record<string, PresetSettings>>;

export type SettingName = keyof typeof SETTINGS;
