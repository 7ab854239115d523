import { sizeOf } from '../../shape.js';
/** Element types of ONNX that this project uses. */
export type OnnxType = 'float32' | 'int32' | 'int64' | 'bool' | 'uint8';

/** A number that is fixed, or the name of one that is known when the model runs. */
export type OnnxDimension = number | string;

/** A constant: its elements in row-major order, little-endian, as they are in memory. */
export interface OnnxTensor {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Float32Array, Int32Array, BigInt64Array or, for bool and uint8, Uint8Array. */
  readonly data: ArrayBufferView;
}

/** An input or an output of a graph. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly OnnxDimension[];
}

/** An attribute of a node, which says of which kind it is: 1 may be an int and a float. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxGraph };

/** One operator. An input that is left out is the empty name. */
export interface OnnxNode {
  readonly op: string;
  /** Whose operator it is; undefined: the standard's. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** Nodes in an order in which each comes after those that it reads from. */
export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly nodes: readonly OnnxNode[];
}

/** An output whose type the runtime is to find out. */
export interface OnnxUntyped {
  readonly name: string;
}

/** A graph of some of whose outputs only the names are known. */
export type OnnxUntypedGraph = Omit<OnnxGraph, 'outputs'> & {
  readonly outputs: readonly (OnnxValueInfo | OnnxUntyped)[];
};

/** A model and what it says about itself. */
export interface OnnxModel {
  readonly graph: OnnxUntypedGraph;
  readonly metadata?: Readonly<Record<string, string>>;
}

const BYTES: Readonly<Record<OnnxType, number>> = { float32: 4, int32: 4, int64: 8, bool: 1, uint8: 1 };

/** How many bytes a tensor of such a type and shape has. */
export function byteLengthOf(type: OnnxType, shape: readonly number[]): number {
  return BYTES[type] * sizeOf(shape);
}
