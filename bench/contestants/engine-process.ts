import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { EngineChoice } from '../../core/engine/engine.js';
import type { Facts, WorkloadSettings } from '../workloads/workload.js';
import type { WorkloadName } from '../workloads/workloads.js';
import type { Contestant } from './contestant.js';

const ENTRY = new URL('./engine-process-main.js', import.meta.url);

/** What the process is told, one after the other; each is answered. */
export type EngineRequest =
  | {
      readonly kind: 'open';
      readonly engine: EngineChoice;
      readonly workload: WorkloadName;
      readonly settings: WorkloadSettings;
    }
  | { readonly kind: 'warm-up' | 'turn'; readonly runs: number }
  | { readonly kind: 'facts' };

export interface EngineAnswer {
  readonly name?: string;
  readonly seconds?: number;
  readonly facts?: Facts;
  readonly error?: string;
}

/** One of our engines in a process of its own, which waits between its turns. */
export async function openEngineProcess(
  engine: EngineChoice,
  workload: WorkloadName,
  settings: WorkloadSettings,
): Promise<Contestant> {
  const child = fork(ENTRY);
  const ask = async (request: EngineRequest): Promise<EngineAnswer> => {
    const stop = new AbortController();
    const answered = once(child, 'message', { signal: stop.signal }) as Promise<[EngineAnswer]>;
    const died = once(child, 'exit', { signal: stop.signal }).then((): never => {
      throw new Error(`engine ${engine}: its process ended`);
    });
    child.send(request);
    try {
      const [answer] = await Promise.race([answered, died]);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } finally {
      stop.abort();
      await Promise.allSettled([answered, died]);
    }
  };
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  };
  try {
    const { name = engine } = await ask({ kind: 'open', engine, workload, settings });
    return {
      name,
      warmUp: async (runs) => {
        await ask({ kind: 'warm-up', runs });
      },
      turn: async (runs) => (await ask({ kind: 'turn', runs })).seconds ?? NaN,
      facts: async () => (await ask({ kind: 'facts' })).facts ?? {},
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
