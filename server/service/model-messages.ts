import { messageOf } from '../../core/errors.js';
import type { RegisteredModel, Registry } from '../../core/registry/registry.js';
import { modelVersionMessage } from '../../host/contract/model-version-message.js';
import { ModelState, ModelVersion, type Model, type ModelSpec } from '../../proto/gen/maxmargin/v1/model.js';
import type { ModelChoice, ModelStore } from '../model-store.js';
import type { VersionKey } from '../../core/registry/registry.js';
import type { VersionState } from '../residents.js';

const STATES: Readonly<Record<VersionState['state'], ModelState>> = {
  available: ModelState.AVAILABLE,
  loading: ModelState.LOADING,
  ready: ModelState.READY,
  failed: ModelState.FAILED,
};

/** What a client chose. */
export function choiceOf(spec: ModelSpec | undefined): ModelChoice {
  const selector = spec?.selector;
  const name = spec?.name ?? '';
  switch (selector?.$case) {
    case 'version':
      return { name, selector: { version: Number(selector.value) } };
    case 'alias':
      return { name, selector: { alias: selector.value } };
    case undefined:
      return { name, selector: undefined };
  }
}

/** Models and versions as the contract says them. */
export interface ModelMessages {
  model(model: RegisteredModel): Promise<Model>;
  /** @throws not-found, data-loss */
  version(key: VersionKey, aliases: RegisteredModel['aliases']): Promise<ModelVersion>;
}

export function createModelMessages(registry: Registry, store: ModelStore): ModelMessages {
  const version = async (key: VersionKey, aliases: RegisteredModel['aliases']): Promise<ModelVersion> => {
    const manifest = await registry.manifest(key.name, key.version);
    const state = store.state(key);
    return modelVersionMessage(manifest, {
      state: STATES[state.state],
      stateReason: state.state === 'failed' ? state.reason : '',
      aliases: aliasesOf(key.version, aliases),
    });
  };
  return {
    version,
    model: async ({ name, versions, aliases }) => ({
      name,
      versions: await Promise.all(
        versions.map((number) =>
          // One version that cannot be read must not hide the others.
          version({ name, version: number }, aliases).catch((error: unknown) =>
            ModelVersion.fromPartial({
              name,
              version: BigInt(number),
              state: ModelState.FAILED,
              stateReason: messageOf(error),
              aliases: aliasesOf(number, aliases),
            }),
          ),
        ),
      ),
      aliases: Object.fromEntries(Object.entries(aliases).map(([alias, number]) => [alias, BigInt(number)])),
    }),
  };
}

const aliasesOf = (version: number, aliases: RegisteredModel['aliases']): string[] =>
  Object.keys(aliases).filter((alias) => aliases[alias] === version);
