import type { Shape } from '../../shape.js';

export { sizeOf, type Shape } from '../../shape.js';

/** What a tensor's elements are. */
export type DataType = 'float32' | 'int32' | 'bool';

/** What is known of a tensor before it is computed: all of its extents, and its elements' type. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DataType;
}
