import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ENGINE_CHOICES, ENGINE_NAMES, type EngineChoice } from '../core/engine/engine.js';
import { invalidInput } from '../core/errors.js';
import { median } from '../trainer/mma/quantiles.js';
import type { Contestant } from './contestants/contestant.js';
import { openEngineProcess } from './contestants/engine-process.js';
import { openOwnEngine } from './contestants/own-engine.js';
import { findPeer } from './contestants/peer.js';
import { inTurns } from './turns.js';
import type { Facts, WorkloadSettings } from './workloads/workload.js';
import { WORKLOADS, type WorkloadName } from './workloads/workloads.js';

/** What a contestant did. */
export interface Standing {
  readonly name: string;
  readonly facts: Facts;
  /** Seconds a unit of work: the median of the turns. */
  readonly seconds: number;
  readonly turns: readonly number[];
}

/** What a timed benchmark found. */
export interface TimedResult {
  readonly workload: WorkloadName;
  readonly settings: WorkloadSettings;
  readonly runsPerTurn: number;
  readonly warmUps: number;
  readonly machine: { readonly node: string; readonly processor: string; readonly cores: number };
  readonly ours: Standing;
  /** How long each of the others took, and how many times as long as ours. */
  readonly others: readonly (Standing & { readonly ratio: number; readonly ratios: readonly number[] })[];
}

const TIMED_OPTIONS = {
  engine: { type: 'string', default: 'auto' },
  model: { type: 'string' },
  batch: { type: 'string' },
  iterations: { type: 'string' },
  repeats: { type: 'string', default: '5' },
  runs: { type: 'string' },
  warmup: { type: 'string', default: '2' },
  against: { type: 'string', multiple: true },
  peer: { type: 'boolean', default: false },
  python: { type: 'string', default: 'python3' },
  oracle: { type: 'string', default: '../shared/oracle/mma_oracle.py' },
  'channels-last': { type: 'boolean', default: false },
} as const;

/**
 * Times a workload on an engine, and others beside it in turns.
 *
 * @param say hears of each turn
 * @throws invalid-input naming the option
 */
export async function timed(
  workload: WorkloadName,
  args: readonly string[],
  say: (line: string) => void = () => undefined,
): Promise<TimedResult> {
  const { values: options } = parseArgs({ args: [...args], options: TIMED_OPTIONS });
  const { byDefault } = WORKLOADS[workload];
  const settings: WorkloadSettings = {
    model: options.model ?? byDefault.model,
    batch: count('--batch', options.batch, byDefault.batch),
    iterations: count('--iterations', options.iterations, byDefault.iterations),
  };
  const against = (options.against ?? [])
    .flatMap((names) => names.split(','))
    .map((name) => engineOf('--against', name));
  const alone = !options.peer && against.length === 0;
  const plan = {
    warmUps: count('--warmup', options.warmup, 2),
    turns: count('--repeats', options.repeats, 5),
    runsPerTurn: count('--runs', options.runs, alone ? 1 : 3),
  };
  const { python, oracle, 'channels-last': channelsLast } = options;
  const peer = options.peer ? await findPeer(workload, settings, { python, oracle, channelsLast }) : undefined;

  const contestants: Contestant[] = [];
  try {
    const ours = await openOwnEngine(engineOf('--engine', options.engine), workload, settings);
    contestants.push(ours);
    if (peer !== undefined) {
      const { device, precision } = await ours.facts();
      contestants.push(peer(String(device).startsWith('cpu') ? 'cpu' : 'cuda', precision === 'tf32' ? 'tf32' : 'fp32'));
    }
    for (const engine of against) contestants.push(await openEngineProcess(engine, workload, settings));
    const times = await inTurns(contestants, plan, (turn, seconds) => {
      const each = contestants.map(({ name }, index) => `${name} ${(seconds[index] ?? NaN).toPrecision(4)} s`);
      say(`turn ${turn + 1} of ${plan.turns}: ${each.join(', ')}`);
    });
    const [first, ...rest] = await Promise.all(
      contestants.map((contestant, index) => standing(contestant, times[index])),
    );
    if (first === undefined) throw new Error('nobody ran');
    return {
      ...{ workload, settings, runsPerTurn: plan.runsPerTurn, warmUps: plan.warmUps, machine: machine() },
      ours: first,
      others: rest.map((other) => ({
        ...other,
        ratio: other.seconds / first.seconds,
        ratios: other.turns.map((seconds, turn) => seconds / (first.turns[turn] ?? NaN)),
      })),
    };
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
}

async function standing(contestant: Contestant, turns: readonly number[] = []): Promise<Standing> {
  return { name: contestant.name, facts: await contestant.facts(), seconds: median(turns), turns };
}

function machine(): TimedResult['machine'] {
  const processors = cpus();
  return { node: process.version, processor: processors[0]?.model ?? 'unknown', cores: processors.length };
}

function count(option: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw invalidInput(option, 'a whole number from 1', JSON.stringify(text));
  return Number(text);
}

function engineOf(option: string, name: string): EngineChoice {
  const choice = ENGINE_CHOICES.find((each) => each === name);
  if (choice === undefined) throw invalidInput(option, `one of auto, ${ENGINE_NAMES.join(', ')}`, JSON.stringify(name));
  return choice;
}
