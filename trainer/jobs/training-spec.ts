import { choice, integer, integers, text } from '../../core/field.js';
import { isModelName, NAME_RULE } from '../../core/registry/names.js';
import { DATASET_NAMES } from '../data/dataset.js';
import { derived, row, type RequestOf, type Table } from '../mma/hyperparameter.js';
import { HYPERPARAMETERS, type OPTIMIZER_OWN, type OptimizerCommon } from '../mma/hyperparameters.js';

const MAX_EXAMPLES = 10_000_000;
const DIRECTORY_RULE =
  'a relative directory of letters, digits, dots, dashes and underscores, no segment beginning with a dot';

/** Whether a directory cannot lead out of the one it is below. */
function isRelativeDirectory(value: string): boolean {
  return value.length <= 255 && value.split('/').every((segment) => /^(?!\.)[A-Za-z0-9._-]{1,100}$/.test(segment));
}

/** The contract's TrainingSpec, field by field: what checks, messages, records, the command line and the list of presets follow from. */
export const TRAINING_SPEC = {
  model: row(text('name', NAME_RULE, isModelName), {
    help: 'name to publish under',
    withoutDefault: "the preset's, or the data set's",
  }),
  preset: row(text('name'), {
    help: 'experiment of the paper, whose numbers hold where nothing else is stated',
    withoutDefault: 'none',
  }),
  data: {
    name: row(choice(DATASET_NAMES), { option: 'dataset', help: 'data set', byDefault: 'digits' }),
    directory: row(text('path', DIRECTORY_RULE, isRelativeDirectory), {
      help: 'where it is below the data directory',
      byDefault: derived("the data set's name", ({ name }) => name),
    }),
    trainExamples: row(integer({ atLeast: 0, atMost: MAX_EXAMPLES }), {
      help: 'training examples to use, 0: all',
      unit: 'examples',
      byDefault: 0,
    }),
    validationExamples: row(integer({ atLeast: 0, atMost: MAX_EXAMPLES }), {
      help: 'how many of them are kept for validation, 0: 5000, at most 1/12',
      unit: 'examples',
      byDefault: 0,
      within: ({ trainExamples: most }) =>
        most === 0
          ? integer({ atLeast: 0, atMost: MAX_EXAMPLES })
          : integer({ atLeast: 0, atMost: most - 1 }, `fewer than the training examples, at most ${most - 1}`),
    }),
  },
  architecture: {
    name: row(text('family'), {
      option: 'architecture',
      help: 'lenet, wrn, mlp or cnn; with sizes: lenet5, wrn-28-4, …; or the model.json of a LayersModel',
      withoutDefault: 'lenet',
    }),
    sizes: row(integers({ atLeast: 1 }), {
      help: 'lenet: filters, filters, hidden units; wrn: depth, width; mlp: hidden units, …; cnn: filters, …, hidden units',
      withoutDefault: '32,64,1024 of lenet',
    }),
    layersModelJson: row(text('json'), { option: false, help: 'the model.json itself', withoutDefault: 'none' }),
  },
  ...HYPERPARAMETERS,
  alias: row(text('alias', NAME_RULE, isModelName), {
    help: 'alias for the published version',
    withoutDefault: 'champion if the model has none yet, else challenger',
  }),
} as const satisfies Table;

type Spec = typeof TRAINING_SPEC;
type Own = typeof OPTIMIZER_OWN;

/** What a client asks for. */
export type JobSpecRequest = RequestOf<Omit<Spec, 'optimizer' | 'model'>> & {
  readonly model: string;
  readonly optimizer?: OptimizerRequest | undefined;
};
export type OptimizerRequest = RequestOf<OptimizerCommon & Own['adam'] & Own['sgd']>;

/** The contract's name of a field: `maxDistance` → `max_distance`. */
export const contractName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
