import { invalidInput } from '../../core/errors.js';
import type { LearningRateChange, OptimizerConfig } from '../mma/training-config.js';
import { choice, integer, MAX_STEPS, real } from './spec-fields.js';

export interface OptimizerRequest {
  readonly rule?: 'adam' | 'sgd' | undefined;
  readonly learningRate?: number | undefined;
  readonly schedule?: readonly LearningRateChange[] | undefined;
  readonly weightDecay?: number | undefined;
  readonly beta1?: number | undefined;
  readonly beta2?: number | undefined;
  readonly epsilon?: number | undefined;
  readonly momentum?: number | undefined;
}

const DEFAULT_LEARNING_RATES = { adam: 1e-4, sgd: 0.1 } as const;
const MAX_CHANGES = 1000;

/** Fills in the defaults and checks every field. @throws invalid-input */
export function completeOptimizer(request: OptimizerRequest): OptimizerConfig {
  const rule = choice('spec.optimizer.rule', request.rule, ['adam', 'sgd'], 'adam');
  const share = (field: string, value: number | undefined, byDefault: number) =>
    real(`spec.optimizer.${field}`, value, byDefault, { atLeast: 0, below: 1 });
  const common = {
    ...learningRates(request, DEFAULT_LEARNING_RATES[rule]),
    weightDecay: real('spec.optimizer.weight_decay', request.weightDecay, 0, { atLeast: 0, atMost: 1 }),
  };
  if (rule === 'sgd') return { rule, ...common, momentum: share('sgd.momentum', request.momentum, 0.9) };
  return {
    rule,
    ...common,
    beta1: share('adam.beta1', request.beta1, 0.9),
    beta2: share('adam.beta2', request.beta2, 0.999),
    epsilon: real('spec.optimizer.adam.epsilon', request.epsilon, 1e-8, { above: 0, atMost: 1 }),
  };
}

function learningRates(
  { learningRate, schedule = [] }: OptimizerRequest,
  byDefault: number,
): Pick<OptimizerConfig, 'learningRate' | 'schedule'> {
  const field = 'spec.optimizer.schedule';
  const rate = (name: string, value: number | undefined, otherwise: number) =>
    real(name, value, otherwise, { above: 0, atMost: 100 });
  if (schedule.length > MAX_CHANGES) throw invalidInput(field, `at most ${MAX_CHANGES} entries`, `${schedule.length}`);
  const changes = schedule.map((change, i) => {
    const fromStep = integer(`${field}[${i}].from_step`, change.fromStep, 0, 0, MAX_STEPS);
    const before = schedule[i - 1]?.fromStep ?? -1;
    if (fromStep <= before) throw invalidInput(`${field}[${i}].from_step`, `more than ${before}`, String(fromStep));
    return { fromStep, learningRate: rate(`${field}[${i}].learning_rate`, change.learningRate, 0) };
  });
  const [first] = changes;
  const atStart = first?.fromStep === 0 ? first.learningRate : undefined;
  if (atStart !== undefined && learningRate !== undefined && learningRate !== atStart)
    throw invalidInput('spec.optimizer.learning_rate', `none, or ${atStart} as in the schedule`, String(learningRate));
  return {
    learningRate: rate('spec.optimizer.learning_rate', learningRate, atStart ?? byDefault),
    ...(changes.length > 0 && { schedule: changes }),
  };
}
