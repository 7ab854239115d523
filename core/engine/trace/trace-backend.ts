import { KernelBackend, engine, registerBackend, type BackendValues, type TensorInfo } from '@tensorflow/tfjs-core';
import { DomainError } from '../../errors.js';
import { graphBuilder, type GraphBuilder } from '../graph/graph-builder.js';
import type { DataType, NodeId, TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';

/** The name of the backend that records kernels instead of running them. */
export const TRACE_BACKEND = 'trace';

/** What a tensor's data is known by. */
type DataId = TensorInfo['dataId'];

/** A function being traced: its graph so far, and which node each tensor is. */
export interface Recording {
  readonly graph: GraphBuilder;
  /** The node of a tensor; one from outside of the function becomes a constant. */
  readonly nodeOf: (tensor: TensorInfo) => NodeId;
  /** A tensor for a node. */
  readonly tensorOf: (node: NodeId) => TensorInfo;
}

/** TensorFlow.js hands it what a function does; it computes nothing. */
class TraceBackend extends KernelBackend {
  recording: Recording | undefined;
  /** Values that were written while tracing: constants once something uses them. */
  readonly written = new WeakMap<DataId, Values>();

  override write(values: BackendValues, _shape: number[], dtype: string): DataId {
    const dataId = {};
    this.written.set(dataId, asValues(values as Values, numericType(dtype)));
    return dataId;
  }
  override readSync(dataId: DataId): Values {
    const values = this.written.get(dataId);
    if (values !== undefined) return values;
    throw new DomainError('internal', 'engine: a compiled function must not read the values of tensors');
  }
  // eslint-disable-next-line @typescript-eslint/require-await -- a rejection, as of every backend that reads
  override async read(dataId: DataId): Promise<Values> {
    return this.readSync(dataId);
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {
    // Nothing is freed, so nothing is counted.
  }
  override refCount(): number {
    return 1;
  }
  override numDataIds(): number {
    return 0;
  }
  override memory() {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
}

let backend: TraceBackend | undefined;

/** The backend, registered when it is first asked for. */
export function traceBackend(): TraceBackend {
  if (backend === undefined) {
    const made = new TraceBackend();
    registerBackend(TRACE_BACKEND, () => made);
    backend = made;
  }
  return backend;
}

/** The recording under way, if any. */
export const currentRecording = (): Recording | undefined => backend?.recording;

/** A recording of a function that nothing is known of yet. */
export function newRecording(written: WeakMap<DataId, Values>): Recording {
  const graph = graphBuilder();
  const nodes = new WeakMap<DataId, NodeId>();
  return {
    graph,
    nodeOf: ({ dataId, shape, dtype }) => {
      const known = nodes.get(dataId);
      if (known !== undefined) return known;
      const type = numericType(dtype);
      const values = written.get(dataId) ?? asValues(engine().readSync(dataId) as Values, type);
      const node = graph.constant(values, shape, type);
      nodes.set(dataId, node);
      return node;
    },
    tensorOf: (node) => {
      const dataId = {};
      nodes.set(dataId, node);
      const { shape, dtype } = graph.typeOf(node);
      return { dataId, shape: [...shape], dtype };
    },
  };
}

/** @throws internal for strings and complex numbers */
export function numericType(dtype: string): DataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new DomainError(
    'internal',
    `engine: expected tensors of float32, int32 or bool in a compiled function, got ${dtype}`,
  );
}

/** The type of a tensor. */
export const typeOfTensor = ({ shape, dtype }: { shape: readonly number[]; dtype: string }): TensorType => ({
  shape: [...shape],
  dtype: numericType(dtype),
});

function asValues(values: Values, dtype: DataType): Values {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'bool':
      return Uint8Array.from(values);
  }
}
