import {
  ARITHMETIC_OPS,
  COMPARISON_OPS,
  LOGICAL_OPS,
  UNARY_OPS,
  type ElementwiseAttributes,
} from '../../graph/ops/elementwise.js';
import type { OpName } from '../../graph/ops/ops.js';
import { direct, plain, type Lowering, type Lowerings } from './lowering.js';

const all = <K extends OpName>(ops: readonly K[]): Lowerings<K> =>
  Object.fromEntries(ops.map((op): [K, Lowering<OpName>] => [op, plain])) as unknown as Lowerings<K>;

export const ELEMENTWISE: Lowerings<keyof ElementwiseAttributes> = {
  ...all(UNARY_OPS),
  ...all(ARITHMETIC_OPS),
  ...all(COMPARISON_OPS),
  ...all(LOGICAL_OPS),
  ...all(['logicalNot', 'select']),
  cast: direct(({ attrs: { dtype } }) => ({ dtype })),
  clip: direct(({ attrs: { lower, upper } }) => ({ lower, upper })),
};
