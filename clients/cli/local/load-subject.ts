import { buildModel } from '../../../core/model/model.js';
import type { Manifest } from '../../../core/registry/manifest.js';
import type { Registry } from '../../../core/registry/registry.js';
import { evaluatedClassifier, type EvaluatedClassifier } from '../../../trainer/evaluate/classifier.js';
import type { Subject } from '../../../trainer/evaluate/evaluation-result.js';
import { publishedHistory } from '../../../trainer/mma/published-history.js';
import type { TrainingHistory } from '../../../trainer/mma/training-history.js';
import type { ModelSelector } from '../../client/models.js';
import { onlyModel, selectVersion } from '../models/local-models.js';

/** Published models, loaded to be evaluated as one. */
export interface LoadedSubject {
  readonly subject: Subject;
  readonly classifier: EvaluatedClassifier;
  /** SHA-256 of each member's weights. */
  readonly checksums: readonly string[];
  /** The first member's. */
  readonly threatModel: Manifest['threatModel'];
  /** Of a single model, where it is known. */
  readonly history: TrainingHistory | undefined;
}

/** Loads the versions that are asked for; none: the only model there is. @throws not-found; data-loss; invalid-input if they do not fit each other */
export async function loadSubject(registry: Registry, selectors: readonly ModelSelector[]): Promise<LoadedSubject> {
  const [first = {}, ...others] = selectors;
  const load = async (selector: ModelSelector) => {
    const name = selector.name ?? (await onlyModel(registry));
    return registry.load(name, await registry.resolve(name, selectVersion(selector)));
  };
  const leader = await load(first);
  const loaded = [leader];
  for (const selector of others) loaded.push(await load(selector));
  const members = loaded.map(({ manifest: { name, version, labels }, architecture, weights }) => ({
    labels,
    title: `${name} ${version}`,
    model: buildModel(architecture),
    weights,
  }));
  const { inputShape, threatModel, name, version } = leader.manifest;
  return {
    classifier: evaluatedClassifier(members),
    checksums: loaded.map(({ manifest }) => manifest.files['weights.bin']?.sha256 ?? ''),
    threatModel,
    history: others.length === 0 ? await publishedHistory(registry, name, version) : undefined,
    subject: {
      title: members.map(({ title }) => title).join(' + '),
      members: loaded.map(({ manifest }) => ({ model: manifest.name, version: manifest.version })),
      labels: leader.manifest.labels,
      inputShape,
      origins: loaded.map(({ manifest }) => manifest.origin),
    },
  };
}
