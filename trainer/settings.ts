import { ENGINE_CHOICES } from '../core/engine/engine.js';
import { choice, integer, real, text } from '../core/field.js';
import { address, setting, type Program } from '../host/config/program.js';
import { LOG_LEVELS } from '../host/log.js';

const settings = {
  registry: setting(text('dir'), './registry', 'where models are published'),
  jobs: setting(text('dir'), './jobs', 'where jobs and their checkpoints are kept'),
  data: setting(text('dir'), './data', 'where data sets lie'),
  address: setting(address, '0.0.0.0:50052', 'where gRPC listens; port 0 takes a free one'),
  httpAddress: setting(address, '0.0.0.0:8082', 'where /metrics, /healthz and /readyz listen'),
  engine: setting(choice(ENGINE_CHOICES), 'auto', 'what runs tensors'),
  maxRunning: setting(integer({ atLeast: 1, atMost: 64 }), 1, 'jobs that run at a time'),
  maxQueued: setting(integer({ atLeast: 0, atMost: 100_000 }), 100, 'jobs that may wait'),
  maxRestarts: setting(
    integer({ atLeast: 0, atMost: 1_000 }),
    3,
    'how often a job whose process dies is started again without a checkpoint in between',
  ),
  stopSeconds: setting(
    real({ atLeast: 0, atMost: 3_600 }),
    20,
    'time that a job has to stop before its process is killed',
  ),
  logLevel: setting(choice(LOG_LEVELS), 'info', 'what is logged'),
};

/** The trainer, for its command line. */
export const trainerProgram: Program<typeof settings> = {
  name: 'maxmargin trainer',
  summary: 'Trains models on request and publishes them.',
  example: 'maxmargin trainer --registry ./registry --jobs ./jobs --data ./data',
  settings,
};
