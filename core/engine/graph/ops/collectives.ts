import { expectTypes, operand, type Definitions, type NoAttributes } from './op-definition.js';

export interface CollectiveAttributes {
  /** The sum of this tensor over all processes of a data-parallel training; the tensor itself where there is one process. */
  readonly allReduceSum: NoAttributes;
}

export const COLLECTIVES: Definitions<CollectiveAttributes> = {
  allReduceSum: {
    arity: 1,
    infer: (inputs) => {
      expectTypes(inputs, 'float32');
      return operand(inputs, 0);
    },
  },
};
