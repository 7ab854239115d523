import { sizeOf, type Shape } from '../tensor-type.js';
import { broadcastShape, sameShape } from './broadcast.js';
import { expect, expectTypes, operand, type Definitions } from './op-definition.js';

export interface ArrangementAttributes {
  /** The same elements in the same row-major order. */
  readonly reshape: { readonly shape: Shape };
  /** Axis i of the result is axis `permutation[i]` of the operand. */
  readonly transpose: { readonly permutation: readonly number[] };
  readonly broadcastTo: { readonly shape: Shape };
  /** The operand `repeats[axis]` times along each axis. */
  readonly tile: { readonly repeats: readonly number[] };
  readonly slice: { readonly begin: readonly number[]; readonly size: Shape };
  /** `value` before and after each axis. */
  readonly pad: { readonly padding: readonly (readonly [number, number])[]; readonly value: number };
  readonly concat: { readonly axis: number };
  readonly reverse: { readonly axes: readonly number[] };
  /** (x, int32 indices): the indices' axes stand in place of `axis`. Indices are inside x. */
  readonly gather: { readonly axis: number };
  /** Int32 indices → float32 [..., depth], `on` at the index, `off` elsewhere; all `off` for an index outside. */
  readonly oneHot: { readonly depth: number; readonly on: number; readonly off: number };
}

const isPermutation = (values: readonly number[], rank: number): boolean =>
  values.length === rank && new Set(values).size === rank && values.every((axis) => axis >= 0 && axis < rank);

export const ARRANGEMENT: Definitions<ArrangementAttributes> = {
  reshape: {
    arity: 1,
    infer: (inputs, { shape }) => {
      const { shape: from, dtype } = operand(inputs, 0);
      expect(sizeOf(from) === sizeOf(shape), `a shape of ${sizeOf(from)} elements`, shape);
      return { shape, dtype };
    },
  },
  transpose: {
    arity: 1,
    infer: (inputs, { permutation }) => {
      const { shape, dtype } = operand(inputs, 0);
      expect(isPermutation(permutation, shape.length), `a permutation of ${shape.length} axes`, permutation);
      return { shape: permutation.map((axis) => shape[axis] ?? 1), dtype };
    },
  },
  broadcastTo: {
    arity: 1,
    infer: (inputs, { shape }) => {
      const { shape: from, dtype } = operand(inputs, 0);
      expect(
        sameShape(broadcastShape(from, shape), shape),
        `a shape that ${JSON.stringify(from)} broadcasts to`,
        shape,
      );
      return { shape, dtype };
    },
  },
  tile: {
    arity: 1,
    infer: (inputs, { repeats }) => {
      const { shape, dtype } = operand(inputs, 0);
      expect(repeats.length === shape.length, `${shape.length} repeats`, repeats);
      return { shape: shape.map((extent, axis) => extent * (repeats[axis] ?? 1)), dtype };
    },
  },
  slice: {
    arity: 1,
    infer: (inputs, { begin, size }) => {
      const { shape, dtype } = operand(inputs, 0);
      const inside = shape.every(
        (extent, axis) => (begin[axis] ?? -1) >= 0 && (begin[axis] ?? 0) + (size[axis] ?? NaN) <= extent,
      );
      expect(
        begin.length === shape.length && size.length === shape.length && inside,
        `a part of ${JSON.stringify(shape)}`,
        { begin, size },
      );
      return { shape: size, dtype };
    },
  },
  pad: {
    arity: 1,
    infer: (inputs, { padding }) => {
      const { shape, dtype } = operand(inputs, 0);
      expect(
        padding.length === shape.length && padding.flat().every((count) => count >= 0),
        `padding of ${shape.length} axes`,
        padding,
      );
      return {
        shape: shape.map((extent, axis) => extent + (padding[axis]?.[0] ?? 0) + (padding[axis]?.[1] ?? 0)),
        dtype,
      };
    },
  },
  concat: {
    arity: 'any',
    infer: (inputs, { axis }) => {
      const { shape, dtype } = operand(inputs, 0);
      const fits = inputs.every(
        (other) =>
          other.dtype === dtype &&
          other.shape.length === shape.length &&
          other.shape.every((extent, i) => i === axis || extent === shape[i]),
      );
      expect(fits && axis >= 0 && axis < shape.length, `operands that differ in axis ${axis} alone`, inputs);
      const extent = inputs.reduce((sum, other) => sum + (other.shape[axis] ?? 0), 0);
      return { shape: shape.map((own, i) => (i === axis ? extent : own)), dtype };
    },
  },
  reverse: {
    arity: 1,
    infer: (inputs, { axes }) => {
      const type = operand(inputs, 0);
      expect(
        axes.every((axis) => axis >= 0 && axis < type.shape.length),
        `axes below ${type.shape.length}`,
        axes,
      );
      return type;
    },
  },
  gather: {
    arity: 2,
    infer: (inputs, { axis }) => {
      const [{ shape, dtype }, indices] = [operand(inputs, 0), operand(inputs, 1)];
      expectTypes([indices], 'int32');
      expect(axis >= 0 && axis < shape.length, `an axis below ${shape.length}`, axis);
      return { shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)], dtype };
    },
  },
  oneHot: {
    arity: 1,
    infer: (inputs, { depth }) => {
      expectTypes(inputs, 'int32');
      return { shape: [...operand(inputs, 0).shape, depth], dtype: 'float32' };
    },
  },
};
