export type Shape = readonly number[];

/** How many elements a shape has. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);
