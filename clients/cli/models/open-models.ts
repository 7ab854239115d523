import type { Command } from 'commander';
import { connect } from '../../client/connect.js';
import type { ModelAccess } from './model-access.js';

export interface ModelAccessOptions {
  readonly registry: string;
  readonly address?: string;
}

export function withModelAccess(command: Command): Command {
  return command
    .option('--registry <dir>', 'the registry on this machine', './registry')
    .option('--address <host:port>', 'ask a server instead');
}

/** Whether a registry is made that is not there. */
export type Missing = 'fail' | 'make';

/** Opens a registry, or connects to a server if an address is given; uses it and closes it. */
export async function withModels<T>(
  options: ModelAccessOptions,
  use: (models: ModelAccess) => Promise<T>,
  missing: Missing = 'fail',
): Promise<T> {
  const models = await open(options, missing);
  try {
    return await use(models);
  } finally {
    models.close();
  }
}

async function open({ registry, address }: ModelAccessOptions, missing: Missing): Promise<ModelAccess> {
  if (address !== undefined) return connect(address);
  const { openLocalModels } = await import('./local-models.js');
  return openLocalModels(registry, missing === 'make');
}
