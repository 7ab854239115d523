import { ENGINE_CHOICES } from '../core/engine/engine.js';
import { address, choice, decimal, integer, list, optionalText, text, type Program } from '../host/config.js';
import { LOG_LEVELS } from '../host/log.js';

const settings = {
  registry: text('DIR', './registry', 'Where models are published.'),
  address: address('0.0.0.0:50051', 'Where gRPC listens; port 0 takes a free one.'),
  httpAddress: address('0.0.0.0:8081', 'Where /metrics, /healthz and /readyz listen.'),
  engine: choice(ENGINE_CHOICES, 'auto', 'What runs tensors.'),
  workers: integer([1, 64], 1, 'Worker processes, each with an engine and the models in memory.'),
  defaultModel: optionalText('NAME', 'The model of requests that name none (default: the only one there is).'),
  models: list('NAME,…', 'The models whose aliases are kept in memory; none named: all.'),
  keepVersions: integer([1, 100], 2, 'Versions kept in memory because a request named their number.'),
  pollSeconds: decimal([0.05, 3_600], 1, 'Time between looks at the registry.'),
  maxBatch: integer([1, 100_000], 256, 'Inputs in one request.'),
  maxMessageBytes: integer([1_024, 2_000_000_000], 64 * 1024 * 1024, 'Bytes of one request.'),
  maxGradientEvaluations: integer([1, 1_000_000], 10_000, 'Gradient evaluations that a request may ask for an input.'),
  maxQueue: integer([0, 100_000], 64, 'Requests that wait for a worker, of each kind.'),
  maxConcurrentMargins: integer([1, 1_000], 4, 'Margin requests that one worker computes in turns.'),
  maxConcurrentClassifications: integer([1, 1_000], 16, 'Classify requests that one worker has at a time.'),
  workerTimeoutSeconds: decimal([1, 3_600], 60, 'A worker that says nothing for so long is replaced.'),
  drainSeconds: decimal([0, 3_600], 30, 'Time that requests have to end when the server stops.'),
  logLevel: choice(LOG_LEVELS, 'info', 'What is logged.'),
};

/** The margin server, for its command line. */
export const serverProgram: Program<typeof settings> = {
  name: 'maxmargin serve',
  summary: 'Serves published models over gRPC: classes, and how far each input is from another class.',
  example: 'maxmargin serve --registry ./registry --address 127.0.0.1:50051 --workers 2',
  settings,
};
