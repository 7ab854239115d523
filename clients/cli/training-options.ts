import { Option } from 'commander';
import type { Command } from 'commander';
import type { OptimizerSpec } from '../client/optimizer-spec.js';
import { LOSSES, type TrainingLoss } from '../client/training-losses.js';
import { METHODS, type TrainingSpec } from '../client/training-spec.js';
import { NORMS } from '../../core/margin/threat-model.js';
import { PRESETS } from '../../trainer/jobs/presets/presets.js';
import { AUGMENTATIONS, type Augmentation } from '../../trainer/mma/augmentation.js';
import type { LearningRateChange, StepInterval } from '../../trainer/mma/training-config.js';
import { architectureSpec } from './network-files.js';
import { CommandFailure } from './report-failure.js';
import { decimal, integer, integers, learningRateChanges, stepInterval } from './option-types.js';

/** The options of a training, named like the fields of the contract's TrainingSpec. */
export interface TrainingOptions {
  readonly model?: string;
  readonly preset?: string;
  readonly dataset?: string;
  readonly directory?: string;
  readonly trainExamples?: number;
  readonly validationExamples?: number;
  readonly architecture?: string;
  readonly sizes?: readonly number[];
  readonly method?: TrainingSpec['method'];
  readonly norm?: TrainingSpec['norm'];
  readonly maxDistance?: number;
  readonly minRadius?: number;
  readonly attackIterations?: number;
  readonly bisections?: number;
  readonly cleanCoefficient?: number;
  readonly epsilon?: number;
  readonly initialEpsilon?: number;
  readonly epsilonRampSteps?: number;
  readonly tradesBeta?: number;
  readonly attackLoss?: TrainingLoss;
  readonly searchLoss?: TrainingLoss;
  readonly marginLoss?: TrainingLoss;
  readonly cleanLoss?: TrainingLoss;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly optimizer?: OptimizerSpec['rule'];
  readonly learningRate?: number;
  readonly learningRateSchedule?: readonly LearningRateChange[];
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly seed?: number;
  readonly augmentation?: Augmentation;
  readonly checkpointInterval?: StepInterval;
  readonly validationInterval?: StepInterval;
  readonly validationRadius?: number;
  readonly validationStepSize?: number;
  readonly validationMarginExamples?: number;
  readonly evaluationMarginExamples?: number;
  readonly keepEpochs?: boolean;
  readonly earlyStopValidations?: number;
  readonly alias?: string;
}

export function withTrainingOptions(command: Command): Command {
  return command
    .option('--preset <name>', 'an experiment of the paper: its numbers hold where no option says otherwise')
    .option('--model <name>', "the name to publish under (default: the preset's, or the data set's)")
    .option('--dataset <name>', 'digits, mnist, fashion-mnist, cifar10, idx or folder (default: digits)')
    .option('--directory <path>', "where it is below the data directory (default: the data set's name)")
    .option('--train-examples <n>', 'training examples to use (default: all)', integer(1))
    .option('--validation-examples <n>', 'how many of them to keep for validation', integer(1))
    .option(
      '--architecture <family>',
      'lenet, wrn, mlp or cnn; with sizes: lenet5, wrn-28-4, …; or the model.json of a LayersModel (default: lenet)',
    )
    .option(
      '--sizes <n,…>',
      'lenet: filters, filters, hidden units (default: 32,64,1024); wrn: depth, width; mlp: hidden units, …; cnn: filters, …, hidden units',
      integers(1),
    )
    .addOption(new Option('--method <method>', 'how to train (default: mma)').choices(METHODS))
    .addOption(new Option('--norm <norm>', 'what margins are measured in (default: linf)').choices(NORMS))
    .option('--max-distance <d>', 'd_max: examples farther away add nothing more (default: 0.45 or 2)', decimal(0))
    .option('--min-radius <d>', 'the smallest radius that a search starts from', decimal(0))
    .option('--attack-iterations <n>', 'PGD iterations of a search (default: 40)', integer(1))
    .option('--bisections <n>', 'bisections of a search (default: 10)', integer(1))
    .option(
      '--clean-coefficient <c>',
      'the share of the clean loss (default: 1/3 for mma, 0 for pgd, pgdls)',
      decimal(0),
    )
    .option('--epsilon <e>', 'pgd, pgdls, trades: the radius (default: 2/3 of --max-distance)', decimal(0))
    .option('--initial-epsilon <e>', 'pgdls: the radius of the first step (default: 0)', decimal(0))
    .option('--epsilon-ramp-steps <n>', 'pgdls: the steps that it grows for (default: all)', integer(1))
    .option('--trades-beta <b>', 'trades: the weight of what answers move (default: 6)', decimal(0))
    .addOption(new Option('--attack-loss <loss>', 'what PGD climbs (default: slm)').choices(LOSSES))
    .addOption(new Option('--search-loss <loss>', 'whose zero is searched (default: slm)').choices(['slm', 'lm']))
    .addOption(new Option('--margin-loss <loss>', 'at perturbed points (default: ce)').choices(LOSSES))
    .addOption(new Option('--clean-loss <loss>', 'at the examples themselves (default: ce)').choices(LOSSES))
    .option('--steps <n>', 'optimizer steps (default: 1000)', integer(1))
    .option('--batch-size <n>', 'examples a step (default: 50)', integer(1))
    .addOption(new Option('--optimizer <rule>', 'how gradients become steps (default: adam)').choices(['adam', 'sgd']))
    .option('--learning-rate <r>', 'default: 1e-4 (adam), 0.1 (sgd)', decimal(0))
    .option(
      '--learning-rate-schedule <step:r,…>',
      'learning rates from later steps on: 0:0.3,20000:0.09',
      learningRateChanges,
    )
    .option('--weight-decay <w>', "the L2 penalty's coefficient (default: 0)", decimal(0))
    .option('--momentum <m>', 'with --optimizer sgd, or a preset that has it (default: 0.9)', decimal(0))
    .option('--seed <n>', 'what weights, order and random starts are drawn from (default: 0)', integer(0))
    .addOption(
      new Option('--augmentation <kind>', 'how training images are varied (default: none)').choices(AUGMENTATIONS),
    )
    .option('--checkpoint-interval <n|epoch>', 'steps between checkpoints (default: 100)', stepInterval)
    .option('--validation-interval <n|epoch>', 'steps between validations', stepInterval)
    .option('--validation-radius <d>', "of a validation's PGD (default: two thirds of d_max)", decimal(0))
    .option('--validation-step-size <d>', 'of its steps (default: 2.5 radii over its iterations)', decimal(0))
    .option('--validation-margin-examples <n>', 'examples a validation measures (default: 200)', integer(1))
    .option('--evaluation-margin-examples <n>', 'test examples that are measured at the end (default: 200)', integer(1))
    .option('--keep-epochs', 'keep the weights of every epoch, beside the checkpoint')
    .option(
      '--early-stop-validations <n>',
      'stop after so many validations without a larger margin (default: never)',
      integer(1),
    )
    .option(
      '--alias <alias>',
      'an alias for the result (default: champion if the model has none yet, else challenger)',
    );
}

export function trainingSpec(options: TrainingOptions): TrainingSpec {
  const { dataset, directory, trainExamples, validationExamples, architecture, sizes, seed } = options;
  return {
    model: options.model ?? options.preset ?? dataset ?? 'digits',
    data: { name: dataset, directory, trainExamples, validationExamples },
    architecture: architectureSpec(architecture, sizes),
    method: options.method,
    norm: options.norm,
    maxDistance: options.maxDistance,
    minRadius: options.minRadius,
    attackIterations: options.attackIterations,
    bisections: options.bisections,
    cleanCoefficient: options.cleanCoefficient,
    epsilon: options.epsilon,
    initialEpsilon: options.initialEpsilon,
    epsilonRampSteps: options.epsilonRampSteps,
    tradesBeta: options.tradesBeta,
    losses: {
      attack: options.attackLoss,
      search: options.searchLoss,
      margin: options.marginLoss,
      clean: options.cleanLoss,
    },
    steps: options.steps,
    batchSize: options.batchSize,
    optimizer: optimizerSpec(options),
    seed: seed === undefined ? undefined : String(seed),
    augmentation: options.augmentation,
    checkpointInterval: options.checkpointInterval,
    validationInterval: options.validationInterval,
    validationRadius: options.validationRadius,
    validationStepSize: options.validationStepSize,
    validationMarginExamples: options.validationMarginExamples,
    evaluationMarginExamples: options.evaluationMarginExamples,
    keepEpochs: options.keepEpochs,
    earlyStopValidations: options.earlyStopValidations,
    alias: options.alias,
    preset: options.preset,
  };
}

function optimizerSpec({ optimizer, momentum, ...options }: TrainingOptions): OptimizerSpec {
  const { learningRate, weightDecay, learningRateSchedule: schedule, preset = '' } = options;
  const common = { learningRate, weightDecay, schedule };
  const rule = optimizer ?? (momentum === undefined ? undefined : PRESETS.get(preset)?.optimizer?.rule);
  if (rule === 'sgd') return { rule, ...common, momentum };
  if (momentum !== undefined) {
    const expected = optimizer === undefined ? '--optimizer sgd beside it' : `none for optimizer ${optimizer}`;
    throw new CommandFailure(`--momentum: expected ${expected}, got ${momentum}`, 2);
  }
  return { rule: optimizer, ...common };
}
