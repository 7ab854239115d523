import {
  OptimizerSpec as OptimizerMessage,
  type Adam,
  type Sgd,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import { plain, type Plain } from './plain.js';

/** How gradients become steps: the fields of the contract's OptimizerSpec; what is not given is the service's default. */
export type OptimizerSpec = Plain<Omit<OptimizerMessage, 'rule' | 'noWeightDecay'>> &
  (({ readonly rule: 'adam' } & Plain<Adam>) | ({ readonly rule: 'sgd' } & Plain<Sgd>) | { readonly rule?: undefined });

export function toOptimizer(optimizer: OptimizerSpec): OptimizerMessage {
  const { rule, weightDecay } = optimizer;
  // Each message takes its own fields.
  return OptimizerMessage.fromJSON({
    ...optimizer,
    noWeightDecay: weightDecay === 0,
    ...(rule !== undefined && { [rule]: optimizer }),
  });
}

export function fromOptimizer(message: OptimizerMessage): OptimizerSpec {
  const { rule, learningRate, weightDecay, schedule } = message;
  const common = { learningRate, weightDecay, ...(schedule.length > 0 && { schedule: plain(schedule) }) };
  return rule?.$case === 'sgd'
    ? { rule: 'sgd', ...common, ...rule.value }
    : { rule: 'adam', ...common, ...rule?.value };
}
