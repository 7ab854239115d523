import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { registerAllReduce, threadWorld, type Meeting } from './thread-world.js';
import { trainCase, type TrainedCase, type TrainingCase } from './training-case.js';

/** What a thread of a training in several says at its end. */
export type ThreadOutcome = { readonly trained: TrainedCase } | { readonly error: string };

const { meeting, rank, task } = workerData as { meeting: Meeting; rank: number; task: TrainingCase };
const world = threadWorld(meeting, rank);
registerAllReduce(world);
const engine = { ...(await openEngine('wasm')), world };
const outcome = await trainCase(engine, task).then(
  (trained): ThreadOutcome => ({ trained }),
  (error: unknown): ThreadOutcome => ({ error: messageOf(error) }),
);
parentPort?.postMessage(outcome);
