import { setTimeout as delay } from 'node:timers/promises';
import { invalidInput } from '../../core/errors.js';
import { checkAliasName } from '../../core/registry/names.js';
import type { Registry } from '../../core/registry/registry.js';
import type { RegistryServiceImplementation } from '../../proto/gen/maxmargin/v1/registry_service.js';
import { DEFAULT_ALIAS, type ModelStore } from '../model-store.js';
import { importedPublication } from './import-request.js';
import type { ModelMessages } from './model-messages.js';

/** How long an answer waits for the server itself to follow what has changed. */
const FOLLOW_MS = 5_000;

export interface RegistryServiceParts {
  readonly registry: Registry;
  readonly store: ModelStore;
  readonly messages: ModelMessages;
}

/** Changes what is published. */
export function createRegistryService(parts: RegistryServiceParts): RegistryServiceImplementation {
  const { registry, store, messages } = parts;
  // So that who promotes a version and then asks is answered by it; the change stands however long that takes.
  const followed = () => Promise.race([store.refresh(), delay(FOLLOW_MS, undefined, { ref: false })]);

  return {
    setAlias: async ({ name, alias, version, expectedVersion }) => {
      const expected =
        expectedVersion === undefined ? undefined : versionNumber('expected_version', expectedVersion, 0);
      const model = await registry.setAlias(name, alias, versionNumber('version', version, 1), expected);
      await followed();
      return messages.model(model);
    },

    deleteModelVersion: async ({ name, version }) => {
      await registry.deleteVersion(name, versionNumber('version', version, 1));
      await followed();
      return {};
    },

    importModel: async (request) => {
      const { name, alias } = request;
      if (alias !== '') checkAliasName(alias);
      const version = await registry.publish(name, importedPublication(request));
      const { aliases } = await registry.model(name);
      const target = alias === '' && aliases[DEFAULT_ALIAS] === undefined ? DEFAULT_ALIAS : alias;
      const model = target === '' ? await registry.model(name) : await registry.setAlias(name, target, version);
      await followed();
      return messages.version({ name, version }, model.aliases);
    },
  };
}

function versionNumber(field: string, value: bigint, least: number): number {
  if (value >= BigInt(least) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalidInput(field, `an integer from ${least}`, String(value));
}
