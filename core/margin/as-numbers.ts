import { cast, type Tensor } from '@tensorflow/tfjs-core';

/** 1 where a condition holds, 0 where it does not. */
export const asNumbers = <T extends Tensor>(conditions: T): T => cast(conditions, 'float32');
