import { completeSpec, type JobSpec } from '../../../trainer/jobs/job-spec.js';
import { PRESETS } from '../../../trainer/jobs/presets/presets.js';
import { formatFields, formatTable, type Column } from './table.js';

/** A preset with every number that it stands for. */
export interface ListedPreset {
  readonly name: string;
  readonly spec: JobSpec;
}

const COLUMNS: readonly Column[] = [
  { title: 'preset' },
  { title: 'method' },
  { title: 'norm' },
  { title: 'd_max', numeric: true },
  { title: 'ε_min', numeric: true },
  { title: 'c', numeric: true },
  { title: 'ε', numeric: true },
  { title: 'with' },
  { title: 'validation: ε', numeric: true },
  { title: 'step', numeric: true },
];

export function listedPresets(): readonly ListedPreset[] {
  return [...PRESETS.keys()].map((name) => ({ name, spec: completeSpec({ model: name, preset: name }) }));
}

/** Presets for people: what those of a data set have in common, then what each of them adds. */
export function formatPresets(presets: readonly ListedPreset[]): string {
  const groups = new Map<string, ListedPreset[]>();
  for (const preset of presets) {
    const common = formatFields(commonOf(preset.spec));
    groups.set(common, [...(groups.get(common) ?? []), preset]);
  }
  return [...groups].map(([common, of]) => `${common}\n\n${formatTable(COLUMNS, of.map(rowOf))}`).join('\n\n\n');
}

function commonOf({ data, architecture, training }: JobSpec): readonly (readonly [string, string])[] {
  const { optimizer, attackIterations, bisections, augmentation = 'none' } = training;
  const every = (interval: number | 'epoch'): string =>
    interval === 'epoch' ? 'every epoch' : `every ${interval} steps`;
  return [
    ['data', `${data.name}, the first ${data.validationExamples} training images for validation`],
    ['network', `${architecture.name} ${architecture.sizes.join(', ')}`],
    ['augmentation', augmentation],
    ['steps', `${training.steps} of ${training.batchSize} examples`],
    ['optimizer', optimizerText(optimizer)],
    ['learning rate', learningRateText(optimizer)],
    ['search', `${attackIterations} iterations, ${bisections} bisections`],
    [
      'validation',
      `${every(training.validationInterval)}, margins of ${training.validationMarginExamples} images; ` +
        `checkpoint ${every(training.checkpointInterval)}`,
    ],
    ['evaluation', `margins of ${training.evaluationMarginExamples} test images`],
  ];
}

function optimizerText(optimizer: JobSpec['training']['optimizer']): string {
  const decay = `weight decay ${optimizer.weightDecay}`;
  return optimizer.rule === 'sgd'
    ? `SGD, momentum ${optimizer.momentum}, ${decay}`
    : `Adam, β ${optimizer.beta1} and ${optimizer.beta2}, ε ${optimizer.epsilon}, ${decay}`;
}

function learningRateText({ learningRate, schedule = [] }: JobSpec['training']['optimizer']): string {
  if (schedule.length === 0) return String(learningRate);
  return schedule.map((change) => `${change.learningRate} from step ${change.fromStep}`).join(', ');
}

function rowOf({ name, spec: { data, training } }: ListedPreset): readonly string[] {
  const in255ths = data.name === 'cifar10' && training.norm === 'linf';
  const length = (value: number | undefined): string => {
    if (value === undefined) return '';
    const steps = Number((255 * value).toFixed(9));
    return in255ths && Number.isInteger(steps) && steps > 0 ? `${steps}/255` : String(value);
  };
  const { method, norm, maxDistance, minRadius, cleanCoefficient, epsilon, epsilonRampSteps, tradesBeta } = training;
  const searches = method === 'mma' || method === 'omma';
  return [
    name,
    method,
    norm,
    length(maxDistance),
    searches ? length(minRadius) : '',
    cleanCoefficient === 1 / 3 ? '1/3' : String(cleanCoefficient),
    length(epsilon),
    epsilonRampSteps !== undefined
      ? `from ${length(training.initialEpsilon)}`
      : tradesBeta === undefined
        ? ''
        : `β ${tradesBeta}`,
    length(training.validationRadius),
    length(training.validationStepSize),
  ];
}
