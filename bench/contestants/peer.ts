import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { invalidInput } from '../../core/errors.js';
import { sizedFamily } from '../../core/model/families.js';
import type { Facts, WorkloadSettings } from '../workloads/workload.js';
import type { Contestant } from './contestant.js';

/** Where the PyTorch statement of the method is, and how it is to run. */
export interface PeerOptions {
  readonly python: string;
  readonly oracle: string;
  readonly channelsLast: boolean;
  readonly device: string;
  readonly precision: string;
}

/** A PyTorch implementation of the same step: a process each turn, which memorises and warms up before its runs are timed. */
export function openPeer(settings: WorkloadSettings, options: PeerOptions): Contestant {
  const { python, oracle, channelsLast, device, precision } = options;
  if (!existsSync(oracle)) throw invalidInput('--oracle', 'the file mma_oracle.py', `${oracle}, which is not there`);
  const args = [
    ...[oracle, 'bench', '--model', peerModel(settings.model), '--batch', `${settings.batch}`],
    ...['--iters', `${settings.iterations}`, '--device', device, '--precision', precision],
    ...(channelsLast ? ['--channels-last'] : []),
  ];
  let last: Facts = {};
  const run = async (runs: number): Promise<number> => {
    last = await runPython(python, [...args, '--steps', `${runs}`]);
    return Number(last['secondsPerStep']);
  };
  return {
    name: `PyTorch ${channelsLast ? 'channels-last' : 'NCHW'}`,
    warmUp: () => Promise.resolve(),
    turn: run,
    facts: () => {
      const { engine: library, threads, precision: kind, attacked } = last;
      const layout = channelsLast ? 'channels-last' : 'NCHW';
      return Promise.resolve({
        engine: 'peer',
        device,
        library,
        threads,
        precision: kind === 'fp32' ? 'float32' : kind,
        layout,
        attacked,
      });
    },
    close: () => Promise.resolve(),
  };
}

/** What the peer calls a model. @throws invalid-input if it has none like it */
function peerModel(name: string): string {
  const { name: family, sizes } = sizedFamily(name, []);
  if (family === 'wrn') return `wrn-${sizes.join('-')}`;
  if (family === 'lenet' && sizes.join() === '32,64,1024') return 'lenet';
  throw invalidInput('--model', 'lenet5 or wrn-D-W beside --peer, which has no other', name);
}

async function runPython(python: string, args: readonly string[]): Promise<Facts> {
  try {
    const { stdout } = await promisify(execFile)(python, [...args]);
    return JSON.parse(stdout) as Facts;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const [reason = ''] = (stderr ?? '').trim().split('\n').slice(-1);
    const got = code === 'ENOENT' ? 'none of that name' : reason === '' ? String(error) : reason;
    throw invalidInput('--python', 'a Python that has PyTorch', `${python}: ${got}`);
  }
}
