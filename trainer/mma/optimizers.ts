import { adam } from './adam.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';
import type { OptimizerConfig } from './training-config.js';

/** The optimizer of a configuration. */
export function optimizerOf(config: OptimizerConfig): Optimizer {
  switch (config.rule) {
    case 'adam':
      return adam(config);
    case 'sgd':
      return sgd(config);
  }
}
