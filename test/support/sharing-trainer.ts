import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { registerAllReduce, threadWorld, type Meeting } from './thread-world.js';
import { trainCase, type TrainedCase, type TrainingCase } from './training-case.js';

/** What a thread says of each of its trainings in several when all have ended. */
export type ThreadOutcome = { readonly trained: TrainedCase } | { readonly error: string };

const { meeting, rank, task } = workerData as { meeting: Meeting; rank: number; task: readonly TrainingCase[] };
const world = threadWorld(meeting, rank);
registerAllReduce(world);
const engine = { ...(await openEngine('wasm')), world };
const outcomes: ThreadOutcome[] = [];
for (const each of task)
  outcomes.push(
    await trainCase(engine, each).then(
      (trained): ThreadOutcome => ({ trained }),
      (error: unknown): ThreadOutcome => ({ error: messageOf(error) }),
    ),
  );
parentPort?.postMessage(outcomes);
