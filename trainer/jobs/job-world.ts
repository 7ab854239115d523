import type { Joining } from '../../core/engine/world/meet.js';
import { anyOf, broadcast } from '../../core/engine/world/messages.js';
import type { Place } from '../../core/engine/world/place.js';
import type { World } from '../../core/engine/world/world.js';
import type { JobReport } from './job-messages.js';

/** How a job's process joins the others: it reports for whom it waits, until the signal ends that. */
export function joining(
  place: Place | undefined,
  { signal, report }: { readonly signal: AbortSignal; readonly report: (report: JobReport) => void },
): Joining | undefined {
  if (place === undefined) return undefined;
  return {
    place,
    signal,
    onWaiting: (ranks) => {
      report({ kind: 'waiting', ranks, place });
    },
  };
}

/** What the process that leads a job tells the others before they begin. */
export type JobStart =
  /** It has been published already. */
  | { readonly kind: 'done' }
  /** With the bytes of the checkpoint to continue from, if there is one: its directory may be on the leader's machine alone. */
  | { readonly kind: 'train'; readonly checkpoint: Uint8Array | undefined };

const DONE = 0;
const TRAIN = 1;

/** Told by the process that leads. */
export function tellStart(world: World, start: JobStart): void {
  broadcast(world, Uint8Array.of(start.kind === 'done' ? DONE : TRAIN));
  if (start.kind === 'train') broadcast(world, start.checkpoint ?? new Uint8Array(0));
}

/** Heard by the others. */
export function hearStart(world: World): JobStart {
  const nothing = new Uint8Array(0);
  if (broadcast(world, nothing)[0] === DONE) return { kind: 'done' };
  const checkpoint = broadcast(world, nothing);
  return { kind: 'train', checkpoint: checkpoint.length === 0 ? undefined : checkpoint };
}

/** After the training the leader works alone. It says so often enough that the others do not take it for lost, and at last that all is done. */
export function tellWhetherDone(world: World, done: boolean): void {
  if (world.size > 1) anyOf(world, done);
}

/** Waits for the next that the leader says. */
export const hearWhetherDone = (world: World): boolean => anyOf(world, false);
