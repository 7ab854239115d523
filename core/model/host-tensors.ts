/** A dense array in the memory of the process, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Named arrays: the weights of a model as they are read from and written to files. */
export type HostTensors = Readonly<Record<string, HostTensor>>;
