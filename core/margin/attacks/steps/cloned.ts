import { clone, type Tensor } from '@tensorflow/tfjs-core';

/** The same tensors once more, for the caller to dispose; in the same order, since arguments of another order are compiled for again. */
export const cloned = <T extends Readonly<Record<string, Tensor>>>(tensors: T): T =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, clone(tensor)])) as T;
