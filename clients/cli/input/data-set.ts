import type { Split } from '../../../trainer/data/dataset.js';
import { CommandFailure } from '../report-failure.js';
import type { Inputs } from './read-inputs.js';

/** Which examples of a data set. */
export interface ExampleSelection {
  readonly name: string;
  readonly split: Split;
  /** From 0. */
  readonly indices: readonly number[];
  /** Where data sets are. */
  readonly directory: string;
}

/** Examples of a data set. */
export function readExamples(selection: ExampleSelection): Inputs {
  throw new CommandFailure(`--dataset ${selection.name}: not there yet`);
}
