import type { Random } from '../../core/random.js';
import { QUANTILE_LEVELS, type TrainingHistory } from '../../trainer/mma/training-history.js';

/** A history of 2,000 entries and 20 validations, with margins that grow towards `typicalMargin` and three learning rates. */
export function inventHistory(random: Random, typicalMargin: number, maxDistance: number): TrainingHistory {
  const rates = [0.01, 0.003, 0.001];
  return {
    format: 1,
    steps: Array.from({ length: 2000 }, (_, i) => {
      const progress = i / 2000;
      const noise = Math.exp(0.2 * random.normal());
      return {
        step: 10 * (i + 1),
        cleanLoss: (2.2 * Math.exp(-14 * progress) + 0.05) * noise,
        adversarialLoss: (2.3 * Math.exp(-4 * progress) + 0.5) * noise,
        batchAccuracy: 0.98 - 0.8 * Math.exp(-14 * progress),
        meanRadius: typicalMargin * (1 - Math.exp(-4 * progress)),
        learningRate: rates[Math.floor(3 * progress)] ?? 0.001,
      };
    }),
    validations: Array.from({ length: 20 }, (_, i) => {
      const grown = typicalMargin * (1 - Math.exp((-4 * (i + 1)) / 20));
      const values = QUANTILE_LEVELS.map((level) => (level === 0 ? 0 : Math.min(maxDistance, grown * (0.45 + level))));
      return { step: 1000 * (i + 1), margin: grown * 0.95, accuracy: 0.985 - 0.2 * Math.exp(-i), quantiles: values };
    }),
  };
}
