import type { ArrangementAttributes } from '../../graph/ops/arrangement.js';
import { direct, type Lowerings } from './lowering.js';

export const ARRANGEMENT: Lowerings<keyof ArrangementAttributes> = {
  reshape: direct(({ attrs: { shape } }) => ({ shape })),
  transpose: direct(({ attrs: { permutation } }) => ({ permutation })),
  broadcastTo: direct(({ attrs: { shape } }) => ({ shape })),
  tile: direct(({ attrs: { repeats } }) => ({ repeats })),
  slice: direct(({ attrs: { begin, size } }) => ({ begin, size })),
  // The library begins with the last axis.
  pad: direct(({ attrs: { padding, value } }) => ({ padding: padding.toReversed().flat(), value })),
  concat: direct(({ attrs: { axis } }) => ({ axis })),
  reverse: direct(({ attrs: { axes } }) => ({ axes })),
  gather: direct(({ attrs: { axis } }) => ({ axis })),
  oneHot: direct(({ attrs: { depth, on, off } }) => ({ depth, on, off })),
};
