import { ENGINE_CHOICES } from '../core/engine/engine.js';
import { address, choice, decimal, integer, text, type Program } from '../host/config.js';
import { LOG_LEVELS } from '../host/log.js';

const settings = {
  registry: text('DIR', './registry', 'Where models are published.'),
  jobs: text('DIR', './jobs', 'Where jobs and their checkpoints are kept.'),
  data: text('DIR', './data', 'Where data sets lie.'),
  address: address('0.0.0.0:50052', 'Where gRPC listens; port 0 takes a free one.'),
  httpAddress: address('0.0.0.0:8082', 'Where /metrics, /healthz and /readyz listen.'),
  engine: choice(ENGINE_CHOICES, 'auto', 'What runs tensors.'),
  maxRunning: integer([1, 64], 1, 'Jobs that run at a time.'),
  maxQueued: integer([0, 100_000], 100, 'Jobs that may wait.'),
  maxRestarts: integer(
    [0, 1_000],
    3,
    'How often a job whose process dies is started again without a checkpoint in between.',
  ),
  stopSeconds: decimal([0, 3_600], 20, 'Time that a job has to stop before its process is killed.'),
  logLevel: choice(LOG_LEVELS, 'info', 'What is logged.'),
};

/** The trainer, for its command line. */
export const trainerProgram: Program<typeof settings> = {
  name: 'maxmargin trainer',
  summary: 'Trains models on request and publishes them.',
  example: 'maxmargin trainer --registry ./registry --jobs ./jobs --data ./data',
  settings,
};
