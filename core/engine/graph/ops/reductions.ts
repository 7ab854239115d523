import { expect, expectTypes, operand, type Definitions, type OpDefinition } from './op-definition.js';
import type { DataType } from '../tensor-type.js';

/** Over axes, in ascending order; `keepDims` keeps them with extent 1. */
export interface ReductionOf {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface ReductionAttributes {
  /** Float32 or int32. */
  readonly sum: ReductionOf;
  readonly mean: ReductionOf;
  readonly max: ReductionOf;
  readonly min: ReductionOf;
  /** Bool. */
  readonly all: ReductionOf;
  readonly any: ReductionOf;
  /** The index of the largest along an axis, which is dropped; ties: the lowest index; int32. */
  readonly argMax: { readonly axis: number };
  readonly argMin: { readonly axis: number };
}

const reduction = (...dtypes: readonly DataType[]): OpDefinition<ReductionOf> => ({
  arity: 1,
  infer: (inputs, { axes, keepDims }) => {
    expectTypes(inputs, ...dtypes);
    const { shape, dtype } = operand(inputs, 0);
    expect(
      axes.every((axis, i) => Number.isInteger(axis) && axis > (axes[i - 1] ?? -1) && axis < shape.length),
      `ascending axes below ${shape.length}`,
      axes,
    );
    const reduced = keepDims
      ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
      : shape.filter((_, axis) => !axes.includes(axis));
    return { shape: reduced, dtype };
  },
});

const extremeIndex: OpDefinition<{ readonly axis: number }> = {
  arity: 1,
  infer: (inputs, { axis }) => {
    expectTypes(inputs, 'float32', 'int32');
    const { shape } = operand(inputs, 0);
    expect(axis >= 0 && axis < shape.length, `an axis below ${shape.length}`, axis);
    return { shape: shape.filter((_, other) => other !== axis), dtype: 'int32' };
  },
};

export const REDUCTIONS: Definitions<ReductionAttributes> = {
  sum: reduction('float32', 'int32'),
  mean: reduction('float32'),
  max: reduction('float32', 'int32'),
  min: reduction('float32', 'int32'),
  all: reduction('bool'),
  any: reduction('bool'),
  argMax: extremeIndex,
  argMin: extremeIndex,
};
