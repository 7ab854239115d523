import type { LayersModel } from '@tensorflow/tfjs';
import { io, tensor4d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { loadNativeRuntime } from '../engine/onnx/native-binding.js';
import { openSession, type OnnxSession } from '../engine/onnx/onnx-session.js';
import { wholeTfjs } from '../engine/whole-tfjs.js';
import { DomainError, invalidInput, messageOf } from '../errors.js';
import type { Bounds } from '../margin/threat-model.js';
import type { Architecture } from '../model/architecture.js';
import type { LayersModelFiles } from '../model/layers-model.js';
import { createRandom } from '../random.js';
import type { OnnxCheck } from '../registry/manifest.js';
import { sizeOf } from '../shape.js';

/** By how much logits may differ, relative to the largest of them. */
const TOLERANCE = 1e-4;

/** Two, because one might be built into the file. */
const BATCH_SIZES = [1, 3] as const;

const SEED = 1;

/** By how much the sum of probabilities may differ from one. */
const SUMS_TO_ONE = 1e-3;

/** A manifest takes no longer texts. */
const MAX_REASON_LENGTH = 1000;

/**
 * Runs `model.onnx` by ONNX Runtime and the LayersModel by TensorFlow.js, which must be open, on the same random inputs.
 *
 * @returns by how much they differ; or why they could not be compared here
 * @throws internal with the numbers, if they differ by more than rounding; invalid-input if the outputs are probabilities
 */
export async function checkClassifier(
  model: Uint8Array<ArrayBuffer>,
  files: LayersModelFiles,
  { inputShape, classes }: Architecture,
  { lower, upper }: Bounds,
): Promise<OnnxCheck> {
  let runtime: string;
  try {
    runtime = `ONNX Runtime ${loadNativeRuntime().version}`;
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    return { unchecked: `ONNX Runtime does not load here: ${reason}`.slice(0, MAX_REASON_LENGTH) };
  }
  const random = createRandom(SEED);
  const layersModel = await openLayersModel(files);
  const session = openSession(model);
  try {
    const answers: Float32Array[] = [];
    const differences = BATCH_SIZES.map((batch) => {
      const shape = [batch, ...inputShape] as const;
      const inputs = random.uniforms(sizeOf(shape));
      const pixels = inputs.map((value) => lower + (upper - lower) * value);
      const expected = tidy(() => (layersModel.predict(tensor4d(pixels, [...shape])) as Tensor2D).dataSync());
      const logits = logitsOf(session, pixels, shape, classes);
      answers.push(...Array.from({ length: batch }, (_, row) => logits.subarray(row * classes, (row + 1) * classes)));
      return largestDifference(logits, expected, `a batch of ${batch}`);
    });
    refuseProbabilities(answers);
    return { runtime, largestDifference: Math.max(...differences) };
  } finally {
    session.dispose();
    layersModel.dispose();
  }
}

/** What its layers do not tell its outputs do: logits are seldom all non-negative, and never sum to one everywhere. */
function refuseProbabilities(answers: readonly Float32Array[]): void {
  const isDistribution = (row: Float32Array): boolean =>
    row.every((value) => value >= 0) && Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < SUMS_TO_ONE;
  if (!answers.every(isDistribution)) return;
  const first = Array.from(answers[0]?.slice(0, 5) ?? [], (value) => value.toPrecision(3)).join(', ');
  throw invalidInput(
    'weights',
    'a network that ends in logits',
    `probabilities: at ${answers.length} random inputs its outputs are non-negative and sum to one (${first}, …); leave out what makes them so`,
  );
}

async function openLayersModel(files: LayersModelFiles): Promise<LayersModel> {
  const json = JSON.parse(Buffer.from(files['model.json']).toString()) as io.ModelJSON;
  const weights = Uint8Array.from(files['weights.bin']).buffer;
  const artifacts = await io.getModelArtifactsForJSON(json, (manifest) =>
    Promise.resolve([manifest.flatMap((group) => group.weights), weights]),
  );
  return wholeTfjs().loadLayersModel(io.fromMemory(artifacts));
}

function logitsOf(
  session: OnnxSession,
  pixels: Float32Array,
  shape: readonly [number, ...number[]],
  classes: number,
): Float32Array {
  const data = new Float32Array(shape[0] * classes);
  session.run(
    { inputs: { type: 'float32', shape, data: pixels } },
    { logits: { type: 'float32', shape: [shape[0], classes], data } },
  );
  return data;
}

/** Relative to the largest expected value. @throws internal if it is too large */
function largestDifference(given: Float32Array, expected: ArrayLike<number>, where: string): number {
  const scale = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const index = given.findIndex((value, i) => !(Math.abs(value - (expected[i] ?? NaN)) <= TOLERANCE * scale));
  if (index >= 0) {
    const numbers = `expected ${expected[index] ?? NaN} of the LayersModel ± ${TOLERANCE * scale}, got ${given[index] ?? NaN}`;
    throw new DomainError('internal', `model.onnx: logit ${index} of ${where}: ${numbers}`);
  }
  const largest = given.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0);
  return scale === 0 ? 0 : largest / scale;
}
