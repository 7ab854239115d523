import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { invalidInput } from '../../core/errors.js';
import { sizedFamily } from '../../core/model/families.js';
import type { Facts, WorkloadSettings } from '../workloads/workload.js';
import type { Contestant } from './contestant.js';

/** Where the PyTorch statement of the method is, and how it is to lay out images. */
export interface PeerOptions {
  readonly python: string;
  readonly oracle: string;
  readonly channelsLast: boolean;
}

/** A peer that is there; what it runs on is said when it begins. */
export type Peer = (device: 'cpu' | 'cuda', precision: 'fp32' | 'tf32') => Contestant;

/**
 * A PyTorch implementation of the same step: a process each turn, which memorises and warms up before its runs are timed.
 *
 * @throws invalid-input naming the option, if it is not there, does not start, or has no such model
 */
export async function findPeer(settings: WorkloadSettings, options: PeerOptions): Promise<Peer> {
  const { python, oracle, channelsLast } = options;
  const model = peerModel(settings.model);
  if (!existsSync(oracle)) throw invalidInput('--oracle', 'the file mma_oracle.py', `${oracle}, which is not there`);
  await runPython(python, [oracle, 'bench', '--help']);
  const sizes = ['--model', model, '--batch', `${settings.batch}`, '--iters', `${settings.iterations}`];
  const layout = channelsLast ? ['--channels-last'] : [];

  return (device, precision) => {
    const args = [oracle, 'bench', ...sizes, ...layout, '--device', device, '--precision', precision];
    let last: Facts = {};
    return {
      name: `PyTorch ${channelsLast ? 'channels-last' : 'NCHW'}`,
      warmUp: () => Promise.resolve(),
      turn: async (runs) => {
        last = JSON.parse(await runPython(python, [...args, '--steps', `${runs}`])) as Facts;
        return Number(last['secondsPerStep']);
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

/** What the peer calls a model. @throws invalid-input if it has none like it */
function peerModel(name: string): string {
  const { name: family, sizes } = sizedFamily(name, []);
  if (family === 'wrn') return `wrn-${sizes.join('-')}`;
  if (family === 'lenet' && sizes.join() === '32,64,1024') return 'lenet';
  throw invalidInput('--model', 'lenet5 or wrn-D-W beside --peer, which has no other', name);
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
