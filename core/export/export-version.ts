import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { engine, getBackend, setBackend } from '@tensorflow/tfjs-core';
import { writeSynced } from '../durable/durable-files.js';
import { openWasm } from '../engine/wasm/open-wasm.js';
import { readLayersModel, type LayersModelFiles } from '../model/layers-model.js';
import type { OnnxCheck } from '../registry/manifest.js';
import type { WriteOnnx } from '../registry/registry.js';
import { checkClassifier } from './check-classifier.js';
import { classifierOnnx } from './classifier-onnx.js';

/** What is known of a version beside its architecture and weights, and files of ONNX say about themselves. */
export type AboutVersion = Parameters<WriteOnnx>[2];

/**
 * Writes `model.onnx` beside the LayersModel in a directory, and checks it against that.
 *
 * @returns how it was checked
 * @throws internal if it does not compute what the LayersModel computes
 */
export const exportVersion: WriteOnnx = async (directory, file, about) => {
  const [modelJson, weightsBin] = await Promise.all(
    (['model.json', 'weights.bin'] as const).map((name) => readFile(join(directory, name))),
  );
  const { bytes, check } = await checkedOnnx(
    { 'model.json': modelJson, 'weights.bin': weightsBin } as LayersModelFiles,
    about,
  );
  await writeSynced(join(directory, file), bytes);
  return check;
};

/**
 * The ONNX model of a LayersModel, which it is checked against. TensorFlow.js computes on wasm meanwhile, whatever engine is open; afterwards its
 * active backend is what it was.
 *
 * @throws internal if it does not compute what the LayersModel computes
 */
export async function checkedOnnx(
  files: LayersModelFiles,
  about: AboutVersion,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly check: OnnxCheck }> {
  const model = readLayersModel(files);
  return onWasm(async () => {
    const bytes = classifierOnnx(model, describe(model.architecture.family, about));
    return { bytes, check: await checkClassifier(bytes, files, model.architecture, about.bounds) };
  });
}

/** What files of ONNX say about the model in them. */
export function describe(
  family: string,
  { bounds, labels, threatModel }: AboutVersion,
): Readonly<Record<string, string>> {
  return {
    family,
    input_lower_bound: `${bounds.lower}`,
    input_upper_bound: `${bounds.upper}`,
    labels: JSON.stringify(labels),
    norm: threatModel.norm,
    max_distance: `${threatModel.maxDistance}`,
  };
}

/** Does something with wasm as the active backend. */
export async function onWasm<T>(work: () => T | Promise<T>): Promise<T> {
  // There is none in a process without an engine, whatever the library's type says.
  const active = getBackend() as string | undefined;
  await openWasm();
  try {
    return await work();
  } finally {
    if (active !== undefined && active in engine().registry) await setBackend(active);
  }
}
