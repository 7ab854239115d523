import { ARRANGEMENT, type ArrangementAttributes } from './arrangement.js';
import { COLLECTIVES, type CollectiveAttributes } from './collectives.js';
import { CONVOLUTIONS, type ConvolutionAttributes } from './convolutions.js';
import { ELEMENTWISE, type ElementwiseAttributes } from './elementwise.js';
import type { Definitions } from './op-definition.js';
import { POOLING, type PoolingAttributes } from './pooling.js';
import { PRODUCTS, type ProductAttributes } from './products.js';
import { REDUCTIONS, type ReductionAttributes } from './reductions.js';
import { SOURCES, type SourceAttributes } from './sources.js';

/** Every operation that a graph may have, with its attributes. */
export type Attributes = SourceAttributes &
  ElementwiseAttributes &
  ReductionAttributes &
  ArrangementAttributes &
  ProductAttributes &
  ConvolutionAttributes &
  PoolingAttributes &
  CollectiveAttributes;

export type OpName = keyof Attributes;

/** What each operation takes and gives. */
export const OPS: Definitions<Attributes> = {
  ...SOURCES,
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...ARRANGEMENT,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...POOLING,
  ...COLLECTIVES,
};
