import { z } from 'zod';
import { NORMS } from '../margin/threat-model.js';
import { MANIFEST_FORMAT, type EarlyStop, type Manifest } from './manifest.js';

const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const distance = z.number().min(0);
const text = z.string().max(1000);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hex');
const size = z.int().min(1);

const histogram = z
  .object({ edges: z.array(distance).max(1000), counts: z.array(count).max(1001) })
  .refine(({ edges, counts }) => counts.length === edges.length + 1, 'expected one count more than edges')
  .refine(({ edges }) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? 0)), 'expected ascending edges');

const robustAccuracy = z.object({
  epsilon: z.number().positive(),
  examples: count,
  accuracy: fraction,
  attacks: z.array(text).max(100),
  iterations: count,
  restarts: count,
});

const evaluation = z.object({
  examples: count,
  cleanAccuracy: fraction,
  marginExamples: count,
  meanMargin: distance,
  medianMargin: distance,
  notFoundFraction: fraction,
  norm: z.enum(NORMS),
  maxDistance: distance,
  attack: text,
  gradientEvaluations: count,
  histogram,
  robustAccuracies: z.array(robustAccuracy).max(100).exactOptional(),
});

const onnx = z.union([
  z.object({ runtime: text, largestDifference: z.number().min(0) }),
  z.object({ unchecked: text }),
]);

export const earlyStopSchema: z.ZodType<EarlyStop> = z.object({
  step: count,
  epoch: count,
  validations: size,
  bestMargin: distance,
  bestStep: count,
});

const origin = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('trained'),
    job: text,
    configuration: z.unknown(),
    engine: text,
    dataFingerprint: text,
    steps: count.exactOptional(),
    keptStep: count.exactOptional(),
    earlyStop: earlyStopSchema.exactOptional(),
  }),
  z.object({ kind: z.literal('imported'), format: text, sha256 }),
]);

/** A file beside the manifest: no path, and not the manifest itself. */
const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected the name of a file in the directory of the version');

/** `manifest.json`. Fields that a later version of this format may add are ignored. */
export const manifestSchema: z.ZodType<Manifest> = z.object({
  format: z.literal(MANIFEST_FORMAT),
  name: z.string(),
  version: size,
  publishTime: z.iso.datetime(),
  codeVersion: text,
  files: z.record(fileName, z.object({ sizeBytes: count, sha256 })),
  architecture: text.exactOptional(),
  inputShape: z.tuple([size, size, size]),
  bounds: z
    .object({ lower: z.number(), upper: z.number() })
    .refine(({ lower, upper }) => lower < upper, 'expected lower < upper'),
  labels: z.array(text).min(1).max(100_000),
  threatModel: z.object({ norm: z.enum(NORMS), maxDistance: z.number().positive() }),
  origin,
  parentVersion: size.exactOptional(),
  evaluation: evaluation.exactOptional(),
  onnx: onnx.exactOptional(),
  signature: text.exactOptional(),
});
