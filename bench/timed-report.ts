import { formatTable } from '../clients/cli/output/table.js';
import type { Standing, TimedResult } from './timed.js';
import { WORKLOADS } from './workloads/workloads.js';

/** The facts that people are told in the title. */
const SAID = ['norm', 'attackIterations', 'bisections', 'gradientEvaluations', 'attacked', 'found', 'meanDistance'];

/** A result as one JSON object: ours at the top, the others below `others`. */
export function timedJson({ workload, settings, ours, others, ...rest }: TimedResult): object {
  const { figure } = WORKLOADS[workload];
  const of = ({ facts, seconds, turns }: Standing) => ({ ...facts, [figure]: seconds, turns });
  return {
    ...{ benchmark: workload, ...rest, ...settings, ...of(ours) },
    others: others.map((other) => ({ name: other.name, ...of(other), ratio: other.ratio, ratios: other.ratios })),
  };
}

/** A result for people. */
export function timedText({ workload, settings, ours, others, machine, runsPerTurn }: TimedResult): string {
  const { what } = WORKLOADS[workload];
  const { model, shapes, ...more } = ours.facts;
  const [, ...image] = (shapes as { inputs: readonly number[] }).inputs;
  const columns = [
    { title: 'engine' },
    { title: `one ${what}`, numeric: true },
    { title: 'range', numeric: true },
    { title: 'on' },
  ];
  const rows = [ours, ...others].map((each) => [each.name, duration(each.seconds), range(each.turns), placeOf(each)]);
  const extras = SAID.flatMap((name) => (more[name] === undefined ? [] : [`${words(name)} ${text(more[name])}`]));
  return [
    [`One ${what}: ${text(model)}`, `${settings.batch} × [${image.join(', ')}]`, ...extras].join(', '),
    `${machine.processor}, ${machine.cores} cores, Node ${machine.node}; median of ${ours.turns.length} turns of ${runsPerTurn} run${runsPerTurn === 1 ? '' : 's'}`,
    '',
    formatTable(columns, rows),
    ...others.flatMap(({ name, ratio, ratios }) => ['', verdict(ours.name, name, ratio, ratios)]),
  ].join('\n');
}

function verdict(ours: string, theirs: string, ratio: number, ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((value) => value.toFixed(2));
  return `${ours} is ${ratio.toFixed(2)} × as fast as ${theirs} (turn by turn ${least} to ${most})`;
}

function placeOf({ facts: { library, device, threads, precision } }: Standing): string {
  const cores = threads === undefined ? [] : [`${text(threads)} thread${threads === 1 ? '' : 's'}`];
  return [text(library), text(device), ...cores, text(precision)].join(', ');
}

function range(seconds: readonly number[]): string {
  return `${duration(Math.min(...seconds))} – ${duration(Math.max(...seconds))}`;
}

function duration(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toPrecision(3)} ms` : `${seconds.toPrecision(4)} s`;
}

function text(fact: unknown): string {
  if (typeof fact === 'number') return String(Number(fact.toPrecision(4)));
  return typeof fact === 'string' ? fact : JSON.stringify(fact);
}

/** camelCase as words. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
