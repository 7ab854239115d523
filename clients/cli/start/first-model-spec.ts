import { statedSettings } from '../../../host/config/settings.js';
import type { TrainingSpec } from '../../client/training-spec.js';
import { TRAINING_SETTINGS, trainingSpec } from '../training-options.js';

/** A small network on the built-in digits, a minute on one core. */
const FIRST_MODEL = {
  model: 'digits',
  dataset: 'digits',
  architecture: 'lenet',
  sizes: [8, 16, 64],
  method: 'mma',
  norm: 'linf',
  attackIterations: 5,
  bisections: 6,
  steps: 250,
  batchSize: 50,
  optimizer: 'adam',
  learningRate: 4e-3,
  checkpointInterval: 25,
  validationMarginExamples: 100,
};

/**
 * The training of the first model.
 *
 * Short searches and large steps, since a search goes on from where the last one ended; test/long holds it against standard training.
 *
 * @param changes settings of `maxmargin train` as YAML or JSON
 * @throws SettingError naming the setting, what was expected and what came
 */
export function firstModelSpec(changes = '{}'): TrainingSpec {
  const own = statedSettings(TRAINING_SETTINGS, 'first model', JSON.stringify(FIRST_MODEL));
  return trainingSpec(new Map([...own, ...statedSettings(TRAINING_SETTINGS, '--first-model', changes)]));
}
