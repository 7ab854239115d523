import { join } from 'node:path';
import type { EngineChoice } from '../../../core/engine/engine.js';
import { openEngine } from '../../../core/engine/open-engine.js';
import { DEFAULT_MAX_DISTANCE, SEARCH_REACH } from '../../../core/margin/threat-model.js';
import type { Norm } from '../../../core/margin/threat-model.js';
import { buildModel } from '../../../core/model/model.js';
import type { EvaluationRecord, Manifest } from '../../../core/registry/manifest.js';
import { openRegistry } from '../../../core/registry/open-registry.js';
import type { Examples } from '../../../trainer/data/dataset.js';
import { openDataset } from '../../../trainer/data/open-dataset.js';
import { evaluate } from '../../../trainer/evaluate/evaluate.js';
import type { ModelSelector } from '../../client/models.js';
import { onlyModel, selectVersion } from '../models/local-models.js';
import { progressBar } from '../output/progress-bar.js';
import { CommandFailure } from '../report-failure.js';

export interface LocalEvaluationOptions {
  readonly model: ModelSelector;
  readonly registry: string;
  readonly data: string;
  readonly dataset: string;
  readonly directory: string | undefined;
  readonly engine: EngineChoice;
  /** undefined: all. */
  readonly examples: number | undefined;
  readonly marginExamples: number;
  /** undefined: the model's own. */
  readonly norm: Norm | undefined;
  /** undefined: 1.05 d_max, the model's in its own norm. */
  readonly maxDistance: number | undefined;
  readonly gradientEvaluations: number;
  readonly seed: bigint;
}

export interface EvaluatedHere {
  readonly model: string;
  readonly version: number;
  readonly dataset: string;
  readonly engine: string;
  readonly evaluation: EvaluationRecord;
}

/** Measures a published model on the test split of a data set, in this process. */
export async function evaluateLocally(options: LocalEvaluationOptions): Promise<EvaluatedHere> {
  const registry = await openRegistry(options.registry);
  const name = options.model.name ?? (await onlyModel(registry));
  const version = await registry.resolve(name, selectVersion(options.model));
  const { manifest, architecture, weights } = await registry.load(name, version);
  const threat = threatOf(manifest, options);
  const dataset = await openDataset(options.dataset, join(options.data, options.directory ?? options.dataset));
  const examples = firstOf(await dataset.read('test'), options.examples);
  checkFit(manifest, options.dataset, dataset);

  const engine = await openEngine(options.engine);
  const bar = progressBar();
  try {
    const evaluation = await evaluate({
      engine,
      model: buildModel(architecture),
      weights,
      examples,
      ...threat,
      marginExamples: options.marginExamples,
      gradientEvaluations: options.gradientEvaluations,
      seed: options.seed,
      onProgress: (done, total) => {
        bar.update('evaluating', done / total, `${done}/${total}`);
      },
    });
    return { model: name, version, dataset: options.dataset, engine: engine.name, evaluation };
  } finally {
    bar.clear();
  }
}

function threatOf({ threatModel }: Manifest, options: LocalEvaluationOptions): { norm: Norm; maxDistance: number } {
  const { norm = threatModel.norm } = options;
  const dMax = norm === threatModel.norm ? threatModel.maxDistance : DEFAULT_MAX_DISTANCE[norm];
  return { norm, maxDistance: options.maxDistance ?? SEARCH_REACH * dMax };
}

function checkFit(
  { name, inputShape, labels }: Manifest,
  datasetName: string,
  dataset: { readonly inputShape: readonly number[]; readonly labelNames: readonly string[] },
): void {
  if (dataset.inputShape.join() !== inputShape.join()) {
    const [wanted, given] = [inputShape, dataset.inputShape].map((shape) => shape.join(' × '));
    throw new CommandFailure(
      `--dataset ${datasetName}: model ${name} takes ${wanted ?? ''}, the images are ${given ?? ''}`,
    );
  }
  if (dataset.labelNames.length > labels.length) {
    const counts = `${dataset.labelNames.length} classes, model ${name} has ${labels.length}`;
    throw new CommandFailure(`--dataset ${datasetName}: it has ${counts}`);
  }
}

function firstOf(examples: Examples, count: number | undefined): Examples {
  if (count === undefined || count >= examples.count) return examples;
  const size = examples.images.length / examples.count;
  return { count, images: examples.images.subarray(0, count * size), labels: examples.labels.subarray(0, count) };
}
