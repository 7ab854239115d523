import { messageOf } from '../core/errors.js';
import type { Log } from './log.js';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this process may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host is known',
};

/**
 * Starts to listen, or ends the process with a sentence that says why that is not possible.
 *
 * @returns the port
 */
export async function listenOrExit(
  log: Log,
  what: string,
  address: string,
  listen: (address: string) => Promise<number>,
): Promise<number> {
  try {
    return await listen(address);
  } catch (error) {
    const message = messageOf(error);
    const known = Object.keys(REASONS).find((code) => message.includes(code));
    const reason = known === undefined ? message : `${REASONS[known] ?? ''} (${known})`;
    log.fatal(`cannot listen on ${address} for ${what}: ${reason}`);
    process.exit(1);
  }
}
