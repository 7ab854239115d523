/** What a tensor's elements are. */
export type DataType = 'float32' | 'int32' | 'bool';

export type Shape = readonly number[];

/** What is known of a tensor before it is computed: all of its extents, and its elements' type. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DataType;
}

/** How many elements a shape has. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);
