import type { OptimizerSpec as OptimizerMessage } from '../../proto/gen/maxmargin/v1/training_service.js';
import { int64, safeNumber } from './plain.js';

/** How gradients become steps; what is not given is the service's default. */
export type OptimizerSpec = {
  /** Default: 1e-4 (Adam) or 0.1 (SGD). */
  readonly learningRate?: number | undefined;
  /** Learning rates from later steps on, ascending. */
  readonly schedule?: readonly { readonly fromStep: number; readonly learningRate: number }[] | undefined;
  readonly weightDecay?: number | undefined;
} & (
  | {
      readonly rule: 'adam';
      readonly beta1?: number | undefined;
      readonly beta2?: number | undefined;
      readonly epsilon?: number | undefined;
    }
  | { readonly rule: 'sgd'; readonly momentum?: number | undefined }
  | { readonly rule?: undefined }
);

export function toOptimizer(optimizer: OptimizerSpec): OptimizerMessage {
  const { learningRate = 0, weightDecay = 0, schedule = [] } = optimizer;
  const common = {
    learningRate,
    weightDecay,
    noWeightDecay: optimizer.weightDecay === 0,
    schedule: schedule.map((change) => ({ ...change, fromStep: int64(change.fromStep) })),
  };
  switch (optimizer.rule) {
    case undefined:
      return { ...common, rule: undefined };
    case 'sgd':
      return { ...common, rule: { $case: 'sgd', value: { momentum: optimizer.momentum } } };
    case 'adam': {
      const { beta1, beta2, epsilon } = optimizer;
      return { ...common, rule: { $case: 'adam', value: { beta1, beta2, epsilon } } };
    }
  }
}

export function fromOptimizer({ rule, learningRate, weightDecay, schedule }: OptimizerMessage): OptimizerSpec {
  const common = {
    learningRate,
    weightDecay,
    ...(schedule.length > 0 && {
      schedule: schedule.map((change) => ({ ...change, fromStep: safeNumber(change.fromStep) })),
    }),
  };
  return rule?.$case === 'sgd'
    ? { rule: 'sgd', ...common, momentum: rule.value.momentum }
    : { rule: 'adam', ...common, ...rule?.value };
}
