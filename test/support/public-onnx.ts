import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** What of the package is used: its documented API, as any other program uses it. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: Tensor.Type, data: Tensor.DataType, shape: readonly number[]) => Tensor;
}

type Feeds = Readonly<Record<string, readonly [Tensor.Type, Tensor.DataType, readonly number[]]>>;

/** A model file as another program runs it; undefined where ONNX Runtime does not load. */
export async function openPublicly(model: Uint8Array) {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds: Feeds): Promise<Readonly<Record<string, ArrayLike<number>>>> => {
      const tensors = Object.entries(feeds).map(([name, given]) => [name, new Tensor(...given)] as const);
      const results = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
    },
    close: () => session.release(),
  };
}

/** Why ONNX Runtime does not load here; undefined where it does. */
export function onnxMissing(): string | undefined {
  try {
    createRequire(import.meta.url)('onnxruntime-node');
    return undefined;
  } catch (error) {
    return String(error).split('\n')[0];
  }
}
