import { sizeOf, type Shape } from '../tensor-type.js';
import { expect, type Definitions } from './op-definition.js';
import type { DataType } from '../tensor-type.js';

/** Elements of a constant: float32, int32, or bool as 0 and 1. */
export type Values = Float32Array | Int32Array | Uint8Array;

export interface SourceAttributes {
  /** An argument of the function. */
  readonly input: { readonly name: string; readonly shape: Shape; readonly dtype: DataType };
  /** `values` has one value an element, row-major, or one value that all elements have. */
  readonly constant: { readonly values: Values; readonly shape: Shape; readonly dtype: DataType };
}

export const SOURCES: Definitions<SourceAttributes> = {
  input: { arity: 0, infer: (_, { shape, dtype }) => ({ shape, dtype }) },
  constant: {
    arity: 0,
    infer: (_, { values, shape, dtype }) => {
      const length = sizeOf(shape);
      expect(values.length === 1 || values.length === length, `1 or ${length} values`, values.length);
      return { shape, dtype };
    },
  },
};
