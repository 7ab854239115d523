import { existsSync } from 'node:fs';
import type { Model, ModelSelector, ModelVersion } from '../../client/models.js';
import { messageOf } from '../../../core/errors.js';
import type { EvaluationRecord, Manifest } from '../../../core/registry/manifest.js';
import { importVersion } from '../../../core/registry/import-version.js';
import { openRegistry } from '../../../core/registry/open-registry.js';
import type { RegisteredModel, Registry } from '../../../core/registry/registry.js';
import { CommandFailure } from '../report-failure.js';
import type { ModelAccess } from './model-access.js';

/**
 * A registry on this machine, with the functions that a server's client has.
 *
 * @throws CommandFailure if there is none: who asks for models has mistyped its name
 */
export async function openLocalModels(root: string, make: boolean): Promise<ModelAccess> {
  const registry = await openRegistry(make ? root : existingRegistry(root));
  const versionOf = async (model: RegisteredModel, version: number): Promise<ModelVersion> =>
    describe(await registry.manifest(model.name, version), model.aliases);
  return {
    listModels: async () => {
      const { models, unreadable } = await registry.survey();
      for (const { problem } of unreadable) process.stderr.write(`maxmargin: ${problem}\n`);
      return Promise.all(models.map((model) => describeModel(registry, model)));
    },
    getModel: async (selector = {}) => {
      const model = await registry.model(selector.name ?? (await onlyModel(registry)));
      return versionOf(model, await registry.resolve(model.name, selectVersion(selector)));
    },
    setAlias: async (name, alias, version, expected) =>
      describeModel(registry, await registry.setAlias(name, alias, version, expected)),
    rollbackAlias: async (name, alias, expected) =>
      describeModel(registry, await registry.rollbackAlias(name, alias, expected)),
    deleteVersion: (name, version) => registry.deleteVersion(name, version),
    importModel: async ({ labels = [], norm, maxDistance = 0, alias = '', inputShape = [], ...model }) => {
      const version = await importVersion(registry, { ...model, labels, norm, maxDistance, alias, inputShape });
      return versionOf(await registry.model(model.name), version);
    },
    close: () => undefined,
  };
}

/** @throws CommandFailure if there is no registry */
export function existingRegistry(root: string): string {
  if (existsSync(root)) return root;
  throw new CommandFailure(`--registry: expected a directory, got ${root}, which is not there`);
}

/** A client's choice of a version as the registry takes it. */
export function selectVersion({ version, alias }: ModelSelector) {
  if (version !== undefined) return { version };
  return alias === undefined ? {} : { alias };
}

/** The name of the only model there is. */
export async function onlyModel(registry: Registry): Promise<string> {
  const { models, unreadable } = await registry.survey();
  const [only, ...more] = models.map(({ name }) => name);
  if (only === undefined) throw new CommandFailure(unreadable[0]?.problem ?? `${registry.root}: no model is published`);
  if (more.length === 0) return only;
  throw new CommandFailure(`${registry.root}: which model? There are ${[only, ...more].join(', ')}.`, 2);
}

async function describeModel(registry: Registry, { name, versions, aliases }: RegisteredModel): Promise<Model> {
  const described = versions.map((version) =>
    registry.manifest(name, version).then(
      (manifest) => describe(manifest, aliases),
      (error: unknown) => unreadable(name, version, messageOf(error), aliases),
    ),
  );
  return { name, versions: await Promise.all(described), aliases };
}

function describe(manifest: Manifest, aliases: RegisteredModel['aliases']): ModelVersion {
  return {
    name: manifest.name,
    version: manifest.version,
    state: 'available',
    stateReason: '',
    aliases: aliasesOf(manifest.version, aliases),
    publishTime: new Date(manifest.publishTime),
    inputShape: manifest.inputShape,
    bounds: manifest.bounds,
    labels: manifest.labels,
    norm: manifest.threatModel.norm,
    maxDistance: manifest.threatModel.maxDistance,
    evaluation: manifest.evaluation && describeEvaluation(manifest.evaluation),
    manifest,
  };
}

function describeEvaluation({ histogram, ...evaluation }: EvaluationRecord): ModelVersion['evaluation'] {
  const { robustAccuracies = [] } = evaluation;
  return { ...evaluation, robustAccuracies, histogramEdges: histogram.edges, histogramCounts: histogram.counts };
}

function unreadable(name: string, version: number, reason: string, aliases: RegisteredModel['aliases']): ModelVersion {
  return {
    name,
    version,
    state: 'failed',
    stateReason: reason,
    aliases: aliasesOf(version, aliases),
    inputShape: [],
    bounds: { lower: 0, upper: 0 },
    labels: [],
    norm: 'linf',
    maxDistance: 0,
  };
}

function aliasesOf(version: number, aliases: RegisteredModel['aliases']): string[] {
  return Object.keys(aliases).filter((alias) => aliases[alias] === version);
}
