import type { Attributes, OpName } from '../../graph/ops/ops.js';
import { ARRANGEMENT_LOWERINGS } from './arrangement.js';
import { CONVOLUTION_LOWERINGS } from './convolutions.js';
import { ELEMENTWISE_LOWERINGS } from './elementwise.js';
import { operandOf, type LowerOp, type Lowerings } from './lower-op.js';
import { POOLING_LOWERINGS } from './pooling.js';
import { PRODUCT_LOWERINGS } from './products.js';
import { REDUCTION_LOWERINGS } from './reductions.js';
import { constant } from './sources.js';

/** One process trains alone here: the sum over all processes is its own. */
const allReduceSum: LowerOp<'allReduceSum'> = (node, { read }, layout) => read(operandOf(node, 0), layout);

/** How every operation becomes ONNX nodes; inputs are there from the start. */
const LOWERINGS: Lowerings<Omit<Attributes, 'input'>> = {
  constant,
  ...ELEMENTWISE_LOWERINGS,
  ...REDUCTION_LOWERINGS,
  ...ARRANGEMENT_LOWERINGS,
  ...PRODUCT_LOWERINGS,
  ...CONVOLUTION_LOWERINGS,
  ...POOLING_LOWERINGS,
  allReduceSum,
};

/** How an operation becomes ONNX nodes. */
export function loweringOf<K extends Exclude<OpName, 'input'>>(op: K): LowerOp<K> {
  return LOWERINGS[op];
}
