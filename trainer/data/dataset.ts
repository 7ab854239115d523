/** Labelled images, as stored: one unsigned byte a value, [count, height, width, channels]. */
export interface Examples {
  readonly count: number;
  readonly images: Uint8Array;
  /** 0 … classes − 1. */
  readonly labels: Uint8Array;
}

/** The data sets that there are. */
export const DATASET_NAMES = ['digits', 'mnist', 'fashion-mnist', 'cifar10', 'idx', 'folder'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

export const SPLITS = ['train', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** What a data set is, apart from its examples. */
export interface DatasetInfo {
  readonly name: string;
  /** height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  /** One name per class. */
  readonly labelNames: readonly string[];
}

/** Where a data set's examples come from; each split is read (or made) when it is asked for. */
export interface Dataset extends DatasetInfo {
  /** @throws invalid-input naming the file, what was expected and what came; not-found if the split is not there */
  read(split: Split): Promise<Examples>;
}
