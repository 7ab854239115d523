import { invalidInput } from '../../errors.js';

/** Where a process stands among those that train together, and where they meet. */
export interface Place {
  readonly rank: number;
  readonly size: number;
  /** Among the processes of this machine: which GPU it takes. */
  readonly localRank: number;
  /** Where they meet. */
  readonly host: string;
  readonly port: number;
  /** Whether the process of rank 0 keeps the meeting point itself; else whoever started the processes does. */
  readonly ownStore: boolean;
  /** Sets apart what a restarted group leaves at a meeting point that outlives it. */
  readonly prefix: string;
  /** How long one waits for another, to meet or to go on. */
  readonly timeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads what torchrun, or a Kubernetes job, tells each process: `WORLD_SIZE`, `RANK`, `LOCAL_RANK` (0 if there is none), `MASTER_ADDR`,
 * `MASTER_PORT`.
 *
 * @returns undefined where there is one process, or no world size at all
 * @throws invalid-input naming the variable
 */
export function placeIn(environment: Environment, timeoutMs: number): Place | undefined {
  const size = integer(environment, 'WORLD_SIZE', 1, 65_536, 1);
  if (size === 1) return undefined;
  const host = environment['MASTER_ADDR'] ?? '';
  if (host === '')
    throw invalidInput(
      'MASTER_ADDR',
      `the host of rank 0, since WORLD_SIZE is ${size}`,
      describe(environment['MASTER_ADDR']),
    );
  return {
    rank: integer(environment, 'RANK', 0, size - 1),
    size,
    localRank: integer(environment, 'LOCAL_RANK', 0, size - 1, 0),
    host,
    port: integer(environment, 'MASTER_PORT', 1, 65_535),
    ownStore: environment['TORCHELASTIC_USE_AGENT_STORE'] !== 'True',
    prefix: `maxmargin/${environment['TORCHELASTIC_RESTART_COUNT'] ?? '0'}`,
    timeoutMs,
  };
}

function integer(environment: Environment, name: string, least: number, most: number, absent?: number): number {
  const text = environment[name];
  if (absent !== undefined && (text === undefined || text === '')) return absent;
  const value = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || value < least || value > most)
    throw invalidInput(name, `an integer from ${least} to ${most}`, describe(text));
  return value;
}

const describe = (text: string | undefined): string => (text === undefined ? 'nothing' : JSON.stringify(text));
