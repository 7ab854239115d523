import type { ReductionAttributes, ReductionOf } from '../../graph/ops/reductions.js';
import { direct, type Lowerings } from './lowering.js';

const over = ({ attrs: { axes, keepDims } }: { readonly attrs: ReductionOf }) => ({ axes, keepDims });
const along = ({ attrs: { axis } }: { readonly attrs: { readonly axis: number } }) => ({ axis });

export const REDUCTIONS: Lowerings<keyof ReductionAttributes> = {
  sum: direct(over),
  mean: direct(over),
  max: direct(over),
  min: direct(over),
  all: direct(over),
  any: direct(over),
  argMax: direct(along),
  argMin: direct(along),
};
