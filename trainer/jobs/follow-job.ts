import { openEngine } from '../../core/engine/open-engine.js';
import type { Place } from '../../core/engine/world/place.js';
import { ALONE } from '../../core/engine/world/world.js';
import { buildModel } from '../../core/model/model.js';
import { decodeCheckpoint } from '../mma/checkpoint-file.js';
import { stoppablePace } from '../mma/stoppable-pace.js';
import { train } from '../mma/training-loop.js';
import type { WorkSurroundings } from './job-work.js';
import { readJobData } from './job-data.js';
import type { JobTask } from './job-messages.js';
import { hearStart, hearWhetherDone, joining } from './job-world.js';
import { networkFor } from './network-spec.js';

/** What a process needs to know of a job that another one leads. */
export type FollowedTask = Pick<JobTask, 'spec' | 'engine' | 'dataRoot'> & { readonly place: Place };

/**
 * Takes part in a job that the process of rank 0 leads (see workOnJob): the same training on its own part of every batch. It writes nothing; what
 * it continues from, it hears from the leader.
 *
 * @returns when the leader has published
 * @throws cancelled if a signal stopped any of the processes; Error if another process is lost; whatever data or engine find wrong
 */
export async function followJob(
  { spec, engine: choice, dataRoot, place }: FollowedTask,
  surroundings: Pick<WorkSurroundings, 'signal' | 'report'>,
): Promise<void> {
  const { signal, report } = surroundings;
  const engine = await openEngine(choice, joining(place, surroundings));
  const { world = ALONE, name, device, library, rejected } = engine;
  report({ kind: 'engine', name, device, library, rejected });
  const start = hearStart(world);
  if (start.kind === 'done') return;
  const data = await readJobData(spec, dataRoot);
  const resume = start.checkpoint && decodeCheckpoint(start.checkpoint, 'the checkpoint of rank 0');
  await train({
    engine,
    model: buildModel(networkFor(spec.architecture, data.info)),
    train: data.train,
    validation: data.validation,
    config: spec.training,
    resume,
    signal,
  });
  const shouldContinue = stoppablePace(signal);
  while (!hearWhetherDone(world)) await shouldContinue();
}
