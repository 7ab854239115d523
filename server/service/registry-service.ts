import { setTimeout as delay } from 'node:timers/promises';
import { invalidInput } from '../../core/errors.js';
import { importVersion } from '../../core/registry/import-version.js';
import type { Registry } from '../../core/registry/registry.js';
import { normOf } from '../../host/contract/norm-message.js';
import type { RegistryServiceImplementation } from '../../proto/gen/maxmargin/v1/registry_service.js';
import type { ModelStore } from '../model-store.js';
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
      const expected = expectedNumber(expectedVersion);
      const model = await registry.setAlias(name, alias, versionNumber('version', version, 1), expected);
      await followed();
      return messages.model(model);
    },

    rollbackAlias: async ({ name, alias, expectedVersion }) => {
      const model = await registry.rollbackAlias(name, alias, expectedNumber(expectedVersion));
      await followed();
      return messages.model(model);
    },

    deleteModelVersion: async ({ name, version }) => {
      await registry.deleteVersion(name, versionNumber('version', version, 1));
      await followed();
      return {};
    },

    importModel: async (request) => {
      const { name } = request;
      const version = await importVersion(registry, { ...request, norm: normOf('norm', request.norm) });
      await followed();
      return messages.version({ name, version }, (await registry.model(name)).aliases);
    },
  };
}

const expectedNumber = (value: bigint | undefined): number | undefined =>
  value === undefined ? undefined : versionNumber('expected_version', value, 0);

function versionNumber(field: string, value: bigint, least: number): number {
  if (value >= BigInt(least) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalidInput(field, `an integer from ${least}`, String(value));
}
