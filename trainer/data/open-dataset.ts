import { invalidInput } from '../../core/errors.js';
import type { Dataset } from './dataset.js';
import { digits } from './digits/digits.js';

/** The data sets that can be opened by name. */
export const DATASET_NAMES = ['digits'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

/** Opens a data set. @throws invalid-input if there is none of that name */
export function openDataset(source: { readonly name: string; readonly directory?: string | undefined }): Promise<Dataset> {
  if (source.name !== 'digits') throw invalidInput('data.name', DATASET_NAMES.join(' or '), source.name);
  return Promise.resolve(digits());
}
