import { ARRANGEMENT } from './arrangement.js';
import { ELEMENTWISE } from './elementwise.js';
import type { EngineCase } from './engine-case.js';
import { NETWORKS } from './networks.js';
import { PRODUCTS } from './products.js';
import { REDUCTIONS } from './reductions.js';
import { CONVOLUTIONS, POOLING } from './windows.js';

/** Functions that together use every kernel of the numerics. */
export const ENGINE_CASES: readonly EngineCase[] = [
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...ARRANGEMENT,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...POOLING,
  ...NETWORKS,
];
