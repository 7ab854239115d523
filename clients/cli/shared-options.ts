import type { Command } from 'commander';
import { connect } from '../client/connect.js';
import type { MaxMarginClient } from '../client/connect.js';

export const SERVER_ADDRESS = 'localhost:50051';
export const TRAINER_ADDRESS = 'localhost:50052';

export interface OutputOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export interface AddressOptions {
  readonly address: string;
}

/** Every command takes these; the example closes its help. */
export function withOutput(command: Command, example: string): Command {
  return command
    .option('--json', 'print the result as JSON')
    .option('--verbose', 'tell more when something fails')
    .addHelpText('after', `\nExample:\n  ${example.replaceAll('\n', '\n  ')}`);
}

export function withAddress(command: Command, fallback: string): Command {
  return command.option('--address <host:port>', 'the service to ask', fallback);
}

/** Connects, uses the client, and closes it. */
export async function withClient<T>(address: string, use: (client: MaxMarginClient) => Promise<T>): Promise<T> {
  const client = connect(address);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
