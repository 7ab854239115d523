import { createRandom, type Random } from '../../core/random.js';
import { makeDigits } from '../../trainer/data/digits/digits.js';
import type {
  EvaluationResult,
  ExampleMargin,
  MarginReport,
  MarginStatistics,
  RobustAccuracy,
  ShownExample,
} from '../../trainer/evaluate/evaluation-result.js';
import { wilsonInterval } from '../../trainer/evaluate/wilson-interval.js';
import { marginHistogram } from '../../trainer/evaluate/margin-histogram.js';
import { inventHistory } from './history-example.js';

const SHAPE = [28, 28, 1] as const;
const ATTACKS = ['apgd-t', 'fmn', 'adaptive-pgd', 'fab-t'] as const;

/** What an invented evaluation looks like: nothing in it was measured, but its parts agree with each other as those of a real one do. */
export interface ExampleOf {
  readonly title?: string;
  readonly seed?: number;
  /** Where most of the margins lie. */
  readonly typicalMargin?: number;
  readonly maxDistance?: number;
  readonly epsilons?: readonly number[];
  readonly examples?: number;
  readonly cleanAccuracy?: number;
  readonly labels?: readonly string[];
}

/** An evaluation with all of its parts. */
export function richEvaluation({
  title = 'mnist 3',
  seed = 1,
  typicalMargin = 0.33,
  maxDistance = 0.4725,
  epsilons = [0.1, 0.2, 0.3, 0.4],
  examples = 1000,
  cleanAccuracy = 0.984,
  labels = Array.from({ length: 10 }, (_, i) => String(i)),
}: ExampleOf = {}): EvaluationResult {
  const random = createRandom(seed);
  const each = Array.from({ length: examples }, (_, index) =>
    inventMargin(random, { index, typicalMargin, maxDistance, cleanAccuracy, classes: labels.length }),
  );
  const beyond = (epsilon: number): number =>
    each.filter(({ status, distance }) => status === 'not-found' || distance > epsilon).length;
  const robust = (names: readonly string[], slack: number) => (epsilon: number) =>
    inventRobustness(
      names,
      epsilon,
      each.length,
      Math.min(beyond(0), Math.round(beyond(epsilon) * (1 + slack * epsilon))),
    );
  const whiteBox = epsilons.map(robust(['pgd-ce', 'pgd-cw', 'apgd-t'], 0.12));
  const autoAttack = epsilons.slice(-2, -1).map(robust(['apgd-ce', 'apgd-t', 'fab-t', 'square'], 0.05));
  const clean = each.filter(({ status }) => status !== 'misclassified').length / examples;
  const sum = whiteBox.reduce((total, { accuracy }) => total + accuracy, 0);
  return {
    format: 1,
    subject: {
      title,
      members: [{ model: title.split(' ')[0] ?? '', version: 3 }],
      labels,
      inputShape: SHAPE,
      origins: [
        {
          kind: 'trained',
          job: 'job-1',
          configuration: {
            training: { method: 'mma', norm: 'linf', maxDistance: maxDistance / 1.05, steps: 20000, batchSize: 50 },
          },
          engine: 'onnx',
        },
      ],
    },
    dataset: { name: 'mnist', split: 'test', fingerprint: '4f2a'.repeat(16) },
    plan: {
      norm: 'linf',
      maxDistance,
      cleanExamples: examples,
      robustExamples: examples,
      marginExamples: examples,
      epsilons,
      autoAttackEpsilons: autoAttack.map(({ epsilon }) => epsilon),
      whiteBox: { iterations: 100, restarts: 10, stepFraction: 0.025 },
      marginAttack: 'best-of',
      marginBudget: 1000,
      maskingChecks: true,
      seed: '7',
    },
    engine: 'onnx (CPU)',
    codeVersion: '0.1.0',
    cleanExamples: examples,
    cleanAccuracy: clean,
    cleanInterval: wilsonInterval(clean, examples),
    whiteBox,
    autoAttack,
    attackedClean: { examples, accuracy: clean, interval: wilsonInterval(clean, examples) },
    avgAcc: (clean + sum) / (1 + whiteBox.length),
    avgAccInterval: wilsonInterval((clean + sum) / (1 + whiteBox.length), examples),
    avgRobAcc: sum / whiteBox.length,
    avgRobAccInterval: wilsonInterval(sum / whiteBox.length, examples),
    margins: reportOf(each, maxDistance, labels.length, random),
    masking: [
      {
        check: 'zero-gradients',
        raised: false,
        reason: '0 of 1,000 examples have a gradient of zero in all values.',
      },
      {
        check: 'gradient-free-stronger',
        raised: true,
        reason: 'Square breaks 14 of 200 examples at ε = 0.3 that the white-box attacks leave: 7.0%, more than 1%.',
      },
      {
        check: 'attacks-disagree',
        raised: false,
        reason: 'The median distances of apgd-t and fmn are 0.331 and 0.334, a ratio of 1.01.',
      },
      { check: 'not-zero-at-huge-epsilon', raised: false, reason: 'At ε = 1 no example is left.' },
    ],
    cost: { gradientEvaluations: 4_120_000, forwardEvaluations: 6_530_000, seconds: 5391 },
    history: inventHistory(random, typicalMargin, maxDistance),
  };
}

/** An evaluation of clean accuracy alone: no attack, no margin, no history. */
export function minimalEvaluation(): EvaluationResult {
  const rich = richEvaluation({ examples: 100 });
  return {
    ...rich,
    subject: {
      ...rich.subject,
      title: 'digits 1',
      origins: [{ kind: 'imported', format: 'safetensors', sha256: 'ab' }],
    },
    plan: {
      ...rich.plan,
      robustExamples: 0,
      marginExamples: 0,
      epsilons: [],
      autoAttackEpsilons: [],
      maskingChecks: false,
    },
    whiteBox: [],
    autoAttack: [],
    attackedClean: undefined,
    avgAcc: undefined,
    avgAccInterval: undefined,
    avgRobAcc: undefined,
    avgRobAccInterval: undefined,
    margins: undefined,
    history: undefined,
    masking: [],
    cost: { gradientEvaluations: 0, forwardEvaluations: 100, seconds: 0.213 },
  };
}

/** An evaluation whose ε are pixel values, with names for labels. */
export function pixelEvaluation(): EvaluationResult {
  return richEvaluation({
    title: 'cifar10-linf-mma-32 2',
    seed: 3,
    typicalMargin: 10 / 255,
    maxDistance: 33.6 / 255,
    epsilons: [4, 8, 12, 16, 20, 24, 28, 32].map((epsilon) => epsilon / 255),
    cleanAccuracy: 0.84,
    labels: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  });
}

interface Invented {
  readonly index: number;
  readonly typicalMargin: number;
  readonly maxDistance: number;
  readonly cleanAccuracy: number;
  readonly classes: number;
}

function inventMargin(
  random: Random,
  { index, typicalMargin, maxDistance, cleanAccuracy, classes }: Invented,
): ExampleMargin {
  const label = random.below(classes);
  const other = (label + 1 + random.below(classes - 1)) % classes;
  const attack = ATTACKS[Math.min(ATTACKS.length - 1, Math.floor(-1.2 * Math.log(1 - random.uniform())))] ?? '';
  const base = { index, label, attack };
  if (random.uniform() > cleanAccuracy)
    return { ...base, status: 'misclassified', predictedClass: other, distance: 0, adversarialClass: -1 };
  const distance = typicalMargin * (1 + 0.02 * (label - classes / 2)) * Math.exp(0.3 * random.normal() - 0.05);
  return distance > maxDistance
    ? { ...base, status: 'not-found', predictedClass: label, distance: maxDistance, adversarialClass: -1 }
    : { ...base, status: 'found', predictedClass: label, distance, adversarialClass: other };
}

function inventRobustness(names: readonly string[], epsilon: number, examples: number, robust: number): RobustAccuracy {
  let left = examples;
  const attacks = names.map((attack, i) => {
    const attempted = left;
    const broken = i === names.length - 1 ? left - robust : Math.round((left - robust) * 0.8);
    left -= broken;
    return { attack, attempted, broken };
  });
  return {
    epsilon,
    examples,
    accuracy: robust / examples,
    interval: wilsonInterval(robust / examples, examples),
    attacks,
  };
}

function reportOf(each: readonly ExampleMargin[], maxDistance: number, classes: number, random: Random): MarginReport {
  const found = each.filter(({ status }) => status === 'found').toSorted((a, b) => a.distance - b.distance);
  const { images, labels } = makeDigits(classes * 2, 5);
  const shown = (margin: ExampleMargin): ShownExample => {
    const digit = Math.max(0, labels.indexOf(margin.label));
    const input = Float32Array.from(images.subarray(digit * 784, (digit + 1) * 784), (byte) => byte / 255);
    const delta = input.map((value) => {
      const to = value + (random.uniform() < 0.5 ? -1 : 1) * margin.distance;
      return Math.min(1, Math.max(0, to)) - value;
    });
    return { ...margin, input: base64(input), perturbation: base64(delta) };
  };
  return {
    ...statisticsOf(each),
    attack: 'best-of',
    gradientEvaluations: 1000,
    histogram: marginHistogram(each, maxDistance),
    byClass: Array.from({ length: classes }, (_, label) => ({
      label,
      ...statisticsOf(each.filter((margin) => margin.label === label)),
    })),
    byAttack: ATTACKS.map((attack) => ({ attack, found: found.filter((margin) => margin.attack === attack).length })),
    each,
    closest: found.slice(0, 6).map(shown),
    farthest: found.slice(-6).toReversed().map(shown),
  };
}

function statisticsOf(each: readonly ExampleMargin[]): MarginStatistics {
  const ascending = each.map(({ distance }) => distance).toSorted((a, b) => a - b);
  const at = (level: number): number => ascending[Math.floor(level * (ascending.length - 1))] ?? 0;
  const fraction = (status: string): number => each.filter((margin) => margin.status === status).length / each.length;
  return {
    examples: each.length,
    mean: ascending.reduce((sum, distance) => sum + distance, 0) / each.length,
    quartiles: [at(0.25), at(0.5), at(0.75)],
    notFoundFraction: fraction('not-found'),
    notFoundInterval: wilsonInterval(fraction('not-found'), each.length),
    misclassifiedFraction: fraction('misclassified'),
    misclassifiedInterval: wilsonInterval(fraction('misclassified'), each.length),
  };
}

function base64(values: Float32Array): string {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes.toString('base64');
}
