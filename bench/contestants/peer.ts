import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { invalidInput } from '../../core/errors.js';
import { sizedFamily } from '../../core/model/families.js';
import type { Facts, WorkloadSettings } from '../workloads/workload.js';
import { WORKLOADS, type WorkloadName } from '../workloads/workloads.js';
import type { Contestant } from './contestant.js';

/** Where the PyTorch statement of the method is, and how it is to lay out images. */
export interface PeerOptions {
  readonly python: string;
  readonly oracle: string;
  readonly channelsLast: boolean;
}

/** A peer that is there; what it runs on is said when it begins. */
export type Peer = (device: 'cpu' | 'cuda', precision: 'fp32' | 'tf32') => Contestant;

/** Beside the source: what times parts of the method is no TypeScript, so it is not among what was compiled. */
const PARTS = fileURLToPath(new URL('../../../bench/contestants/pytorch.py', import.meta.url));

/**
 * A PyTorch implementation of the same work: a process each turn, which warms up before its runs are timed.
 *
 * @throws invalid-input naming the option, if it is not there, does not start, or has no such model
 */
export async function findPeer(
  workload: WorkloadName,
  settings: WorkloadSettings,
  options: PeerOptions,
): Promise<Peer> {
  const { python, oracle, channelsLast } = options;
  const model = workload === 'step' ? stepModel(settings.model) : partModel(settings.model);
  if (!existsSync(oracle)) throw invalidInput('--oracle', 'the file mma_oracle.py', `${oracle}, which is not there`);
  const command = workload === 'step' ? [oracle, 'bench'] : [PARTS, oracle, workload];
  await runPython(python, [...command, '--help']);
  const sizes = ['--model', model, '--batch', `${settings.batch}`, '--iters', `${settings.iterations}`];
  const layout = channelsLast ? ['--channels-last'] : [];

  return (device, precision) => {
    const args = [...command, ...sizes, ...layout, '--device', device, '--precision', precision];
    let last: Facts = {};
    return {
      name: `PyTorch ${channelsLast ? 'channels-last' : 'NCHW'}`,
      warmUp: () => Promise.resolve(),
      turn: async (runs) => {
        last = JSON.parse(await runPython(python, [...args, '--steps', `${runs}`])) as Facts;
        return Number(last[WORKLOADS[workload].figure]);
      },
      facts: () => {
        const { engine: library, threads, attacked } = last;
        const how = { precision: precision === 'tf32' ? 'tf32' : 'float32', channelsLast };
        return Promise.resolve({ engine: 'peer', device, library, threads, ...how, attacked });
      },
      close: () => Promise.resolve(),
    };
  };
}

/** What the peer's whole step calls a model. @throws invalid-input if it has none like it */
function stepModel(name: string): string {
  const { name: family, sizes } = sizedFamily(name, []);
  if (family === 'wrn') return `wrn-${sizes.join('-')}`;
  if (family === 'lenet' && sizes.join() === '32,64,1024') return 'lenet';
  throw invalidInput('--model', 'lenet5 or wrn-D-W for a step beside --peer, which has no other', name);
}

/** What the parts of the peer's step call a model. @throws invalid-input if they have none like it */
function partModel(name: string): string {
  const { name: family, sizes } = sizedFamily(name, []);
  if (family === 'wrn' || family === 'lenet') return [family, ...sizes].join('-');
  throw invalidInput('--model', 'a lenet or wrn beside --peer, which has no other', name);
}

async function runPython(python: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(python, [...args])).stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const [reason = ''] = (stderr ?? '').trim().split('\n').slice(-1);
    const got = code === 'ENOENT' ? 'none of that name' : reason === '' ? String(error) : reason;
    throw invalidInput('--python', 'a Python that has PyTorch', `${python}: ${got}`);
  }
}
