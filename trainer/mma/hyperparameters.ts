import { choice, flag, integer, real, unsigned64, type Interval } from '../../core/field.js';
import type { LossName } from '../../core/margin/losses.js';
import { DEFAULT_MAX_DISTANCE, NORMS, type Norm } from '../../core/margin/threat-model.js';
import { AUGMENTATIONS } from './augmentation.js';
import {
  derived,
  LEARNING_RATE,
  learningRateSchedule,
  MAX_STEPS,
  OPTIMIZER_RULES,
  row,
  stepInterval,
  type Table,
} from './hyperparameter.js';

/** Every method of training, by the name that the contract has in capitals. */
export const METHODS = ['mma', 'omma', 'standard', 'pgd', 'pgdls', 'trades'] as const;
export type Method = (typeof METHODS)[number];

/** The losses that training may use (core/margin/losses.ts). */
const TRAINING_LOSSES = ['ce', 'lm', 'slm', 'cw'] as const satisfies readonly LossName[];

/** Those of them that are 0 on the decision boundary, or, in the case of SLM, before it. CE is above 0 everywhere, and CW not below. */
const CROSSING_LOSSES = ['slm', 'lm'] as const satisfies readonly LossName[];

const loss = choice(TRAINING_LOSSES);
const lossRow = { enumeration: 'LOSS', optional: true } as const;

/** Which loss is used for what (paper, settings); a method takes those that it has a use for. */
export const LOSSES = {
  attack: row(loss, { ...lossRow, option: 'attackLoss', help: 'loss that PGD ascends', byDefault: 'slm' }),
  search: row(choice(CROSSING_LOSSES, `a loss that crosses zero, one of ${CROSSING_LOSSES.join(', ')}`), {
    ...lossRow,
    option: 'searchLoss',
    help: 'loss whose zero crossing the bisection finds',
    byDefault: 'slm',
  }),
  margin: row(loss, { ...lossRow, option: 'marginLoss', help: 'training loss at perturbed points', byDefault: 'ce' }),
  clean: row(loss, { ...lossRow, option: 'cleanLoss', help: 'training loss at clean examples', byDefault: 'ce' }),
} as const satisfies Table;

/** The largest distances that mean something for values in [0, 1]. */
const LARGEST: Readonly<Record<Norm, number>> = { linf: 1, l2: 1000 };
const DISTANCE: Interval = { above: 0, atMost: LARGEST.l2 };
const distance = real(DISTANCE);
const fraction = real({ atLeast: 0, below: 1 });
const examples = integer({ atLeast: 1, atMost: 1_000_000 });
const withinNorm = ({ norm }: { readonly norm: Norm }) => real({ above: 0, atMost: LARGEST[norm] });

/** Where ε_min starts by default: the paper's settings for MNIST. */
const MIN_RADIUS: Readonly<Record<Norm, number>> = { linf: 0.1, l2: 0.5 };

/** A fixed radius where none is set: the paper's 0.3 at d_max 0.45 and 8/255 at 12/255. */
export const fixedRadius = ({ maxDistance }: { readonly maxDistance: number }): number => (2 / 3) * maxDistance;
const twoThirds = derived('2/3 of d_max', fixedRadius);

/** What methods of training read. */
export const METHOD_HYPERPARAMETERS = {
  norm: row(choice(NORMS), { help: 'norm that margins are measured in', byDefault: 'linf', enumeration: 'NORM' }),
  maxDistance: row(distance, {
    help: 'd_max, the margin beyond which an example adds nothing to the loss',
    symbol: 'd_max',
    unit: 'distance',
    byDefault: derived('0.45 for linf, 2 for l2', ({ norm }) => DEFAULT_MAX_DISTANCE[norm]),
    within: withinNorm,
  }),
  minRadius: row(distance, {
    help: 'ε_min, the smallest radius that a search starts from',
    symbol: 'ε_min',
    unit: 'distance',
    byDefault: derived('0.1 for linf, 0.5 for l2, at most 1/4 of d_max', ({ norm, maxDistance }) =>
      Math.min(MIN_RADIUS[norm], maxDistance / 4),
    ),
    within: ({ maxDistance }) => real({ above: 0, atMost: maxDistance }),
  }),
  attackIterations: row(integer({ atLeast: 1, atMost: 1000 }), { help: 'PGD iterations of a search', byDefault: 40 }),
  bisections: row(integer({ atLeast: 1, atMost: 100 }), { help: 'bisection steps of a search', byDefault: 10 }),
  steps: row(integer({ atLeast: 1, atMost: MAX_STEPS }), { help: 'optimizer steps', unit: 'steps', byDefault: 1000 }),
  cleanCoefficient: row(real({ atLeast: 0, atMost: 1 }), {
    help: 'c, the weight of the clean loss',
    symbol: 'c',
    byDefault: derived('1/3 for mma, 0 for pgd and pgdls', () => 1 / 3),
    ofMethods: true,
  }),
  epsilon: row(distance, {
    help: 'ε, the radius of pgd, pgdls and trades',
    symbol: 'ε',
    unit: 'distance',
    byDefault: twoThirds,
    within: withinNorm,
    ofMethods: true,
    optional: true,
  }),
  initialEpsilon: row(real({ atLeast: 0, atMost: LARGEST.l2 }), {
    help: 'ε of the first step of pgdls',
    symbol: 'initial ε',
    unit: 'distance',
    byDefault: 0,
    within: ({ epsilon }) => real({ atLeast: 0, atMost: epsilon }),
    ofMethods: true,
    optional: true,
  }),
  epsilonRampSteps: row(integer({ atLeast: 1, atMost: MAX_STEPS }), {
    help: 'steps over which ε increases in pgdls',
    unit: 'steps',
    byDefault: derived('all', ({ steps }) => steps),
    ofMethods: true,
    optional: true,
  }),
  tradesBeta: row(real({ above: 0, atMost: 1000 }), {
    help: 'weight of the KL term of trades (1/λ in TRADES)',
    symbol: 'β',
    byDefault: 6,
    ofMethods: true,
    optional: true,
  }),
  losses: { ...LOSSES },
} as const satisfies Table;

const OPTIMIZER_COMMON = {
  rule: row(choice(OPTIMIZER_RULES), { option: 'optimizer', help: 'optimizer', byDefault: 'adam' }),
  learningRate: row(LEARNING_RATE, {
    help: 'learning rate until the schedule says otherwise',
    byDefault: derived('1e-4 for adam, 0.1 for sgd', ({ rule }) => (rule === 'adam' ? 1e-4 : 0.1)),
  }),
  schedule: row(learningRateSchedule(), {
    option: 'learningRateSchedule',
    help: 'learning rates from later steps on, such as 0:0.3,20000:0.09',
    withoutDefault: 'constant',
    optional: true,
  }),
  weightDecay: row(real({ atLeast: 0, atMost: 1 }), {
    help: 'coefficient of the L2 penalty, which is added to the gradient',
    byDefault: 0,
    saidBy: { field: 'noWeightDecay', value: 0 },
  }),
} as const satisfies Table;

/** What an optimizer takes beside what all take. */
export const OPTIMIZER_OWN = {
  adam: {
    beta1: row(fraction, { option: 'adamBeta1', help: 'β₁ of adam', byDefault: 0.9 }),
    beta2: row(fraction, { option: 'adamBeta2', help: 'β₂ of adam', byDefault: 0.999 }),
    epsilon: row(real({ above: 0, atMost: 1 }), { option: 'adamEpsilon', help: 'ε of adam', byDefault: 1e-8 }),
  },
  sgd: {
    momentum: row(fraction, { help: 'momentum of sgd', byDefault: 0.9 }),
  },
} as const satisfies Readonly<Record<(typeof OPTIMIZER_RULES)[number], Table>>;

export const OPTIMIZER = { ...OPTIMIZER_COMMON, ...OPTIMIZER_OWN } as const;
export type OptimizerCommon = typeof OPTIMIZER_COMMON;

/** Everything that decides what training computes, given data, model and engine. */
export const HYPERPARAMETERS = {
  method: row(choice(METHODS), { help: 'training method', byDefault: 'mma', enumeration: 'METHOD' }),
  ...METHOD_HYPERPARAMETERS,
  batchSize: row(integer({ atLeast: 1, atMost: 4096 }), { help: 'batch size', unit: 'examples', byDefault: 50 }),
  optimizer: OPTIMIZER,
  seed: row(unsigned64(), { help: 'seed of the weights, the order of examples and random starts', byDefault: '0' }),
  augmentation: row(choice(AUGMENTATIONS), {
    help: 'augmentation of training images',
    byDefault: 'none',
    enumeration: 'AUGMENTATION',
    optional: true,
  }),
  checkpointInterval: row(stepInterval(), {
    help: 'steps between checkpoints, or epoch',
    unit: 'steps',
    byDefault: 100,
    saidBy: { field: 'checkpointPerEpoch', value: 'epoch' },
  }),
  validationInterval: row(stepInterval(), {
    help: 'steps between validations, or epoch',
    unit: 'steps',
    byDefault: derived('1/5 of the steps, at most 1000', ({ steps }) => Math.min(1000, Math.ceil(steps / 5))),
    saidBy: { field: 'validationPerEpoch', value: 'epoch' },
  }),
  validationRadius: row(distance, {
    help: "radius of the PGD that starts a validation's searches",
    symbol: 'validation: ε',
    unit: 'distance',
    byDefault: twoThirds,
    optional: true,
  }),
  validationStepSize: row(distance, {
    help: 'step size of that PGD',
    symbol: 'step',
    unit: 'distance',
    // As of every PGD (paper, Algorithm 1).
    byDefault: derived(
      '2.5 radii over its iterations',
      ({ validationRadius, attackIterations }) => (2.5 * validationRadius) / attackIterations,
    ),
    optional: true,
  }),
  validationMarginExamples: row(examples, {
    help: 'validation examples whose margins are measured',
    unit: 'examples',
    byDefault: 200,
  }),
  evaluationMarginExamples: row(examples, {
    help: 'test examples whose margins are measured at the end',
    unit: 'examples',
    byDefault: 200,
  }),
  keepEpochs: row(flag(), {
    help: 'keep the weights of every epoch, beside the checkpoint',
    withoutDefault: 'not kept',
    optional: true,
  }),
  earlyStopValidations: row(integer({ atLeast: 1, atMost: 1_000_000 }), {
    help: 'stop after so many validations in a row without a larger mean margin',
    withoutDefault: 'never',
    optional: true,
  }),
} as const satisfies Table;
