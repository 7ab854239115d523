import {
  DataStorage,
  KernelBackend,
  engine,
  registerBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { BackendValues } from '@tensorflow/tfjs-core';
import type { TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';
import { bringOperandsFirst } from './operands-first.js';
import { typeOfTensor } from '../trace/trace-backend.js';
import type { Runtime } from './runtime.js';

type DataId = TensorInfo['dataId'];

interface Resident<Buffer> {
  readonly buffer: Buffer;
  readonly type: TensorType;
  references: number;
}

/** Tensors that stay where a runtime computes. */
export interface ResidentTensors<Buffer> {
  /** The buffer of a tensor, which is moved there if it is elsewhere. It stays the tensor's. */
  bufferOf(tensor: Tensor): Buffer;
  /** A tensor for a buffer, which becomes the tensor's. */
  tensorOf(buffer: Buffer, type: TensorType): Tensor;
}

/**
 * A backend that stores tensors and has no kernels: TensorFlow.js moves their values to the active backend when a kernel uses them, and reads them
 * here when they are read.
 */
class ResidentBackend<Buffer> extends KernelBackend {
  readonly #data: DataStorage<Resident<Buffer>>;
  readonly #runtime: Runtime<Buffer>;

  constructor(runtime: Runtime<Buffer>) {
    super();
    this.#runtime = runtime;
    this.#data = new DataStorage(this, engine());
  }

  add(buffer: Buffer, type: TensorType): DataId {
    const dataId = {};
    this.#data.set(dataId, { buffer, type, references: 1 });
    return dataId;
  }
  /** Brings it here first if it is elsewhere. */
  bufferOf(dataId: DataId): Buffer {
    return this.#data.get(dataId).buffer;
  }
  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: string, references: number): void {
    const type = typeOfTensor({ shape, dtype });
    this.#data.set(dataId, { buffer: this.#runtime.upload(values as Values, type), type, references });
  }
  override readSync(dataId: DataId): Values {
    const { buffer, type } = this.#data.get(dataId);
    return this.#runtime.download(buffer, type);
  }
  // eslint-disable-next-line @typescript-eslint/require-await -- a rejection, as of every backend that reads
  override async read(dataId: DataId): Promise<Values> {
    return this.readSync(dataId);
  }
  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const resident = this.#data.get(dataId);
    resident.references--;
    if (!force && resident.references > 0) return false;
    this.#data.delete(dataId);
    this.#runtime.release(resident.buffer);
    return true;
  }
  override incRef(dataId: DataId): void {
    this.#data.get(dataId).references++;
  }
  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0;
  }
  override numDataIds(): number {
    return this.#data.numDataIds();
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
}

/** Keeps tensors with a runtime. @param name of the backend that TensorFlow.js knows them by, one a process */
export function residentTensors<Buffer>(name: string, runtime: Runtime<Buffer>): ResidentTensors<Buffer> {
  bringOperandsFirst();
  const backend = new ResidentBackend(runtime);
  registerBackend(name, () => backend);
  return {
    bufferOf: ({ dataId }) => backend.bufferOf(dataId),
    tensorOf: (buffer, type) => {
      const { shape, dtype } = type;
      return engine().makeTensorFromTensorInfo(
        { dataId: backend.add(buffer, type), shape: [...shape], dtype },
        backend,
      );
    },
  };
}
