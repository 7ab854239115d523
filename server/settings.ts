import { ENGINE_CHOICES } from '../core/engine/engine.js';
import { choice, integer, real, text, words } from '../core/field.js';
import { address, setting, type Program } from '../host/config/program.js';
import { LOG_LEVELS } from '../host/log.js';

const settings = {
  registry: setting(text('dir'), './registry', 'where models are published'),
  address: setting(address, '0.0.0.0:50051', 'where gRPC listens; port 0 takes a free one'),
  httpAddress: setting(address, '0.0.0.0:8081', 'where /metrics, /healthz and /readyz listen'),
  engine: setting(choice(ENGINE_CHOICES), 'auto', 'what runs tensors'),
  workers: setting(
    integer({ atLeast: 1, atMost: 64 }),
    1,
    'worker processes, each with an engine and the models in memory',
  ),
  defaultModel: setting(
    text('name', 'some text', () => true),
    '',
    'model of requests that name none; empty: the only one there is',
  ),
  models: setting(words('name,…'), [], 'models whose aliases are kept in memory; none named: all'),
  keepVersions: setting(
    integer({ atLeast: 1, atMost: 100 }),
    2,
    'versions kept in memory because a request named their number',
  ),
  pollSeconds: setting(real({ atLeast: 0.05, atMost: 3_600 }), 1, 'time between looks at the registry'),
  maxBatch: setting(integer({ atLeast: 1, atMost: 100_000 }), 256, 'inputs in one request'),
  maxMessageBytes: setting(
    integer({ atLeast: 1_024, atMost: 2_000_000_000 }),
    64 * 1024 * 1024,
    'bytes of one request',
  ),
  maxGradientEvaluations: setting(
    integer({ atLeast: 1, atMost: 1_000_000 }),
    10_000,
    'gradient evaluations that a request may ask for an input',
  ),
  maxQueue: setting(integer({ atLeast: 0, atMost: 100_000 }), 64, 'requests that wait for a worker, of each kind'),
  maxConcurrentMargins: setting(
    integer({ atLeast: 1, atMost: 1_000 }),
    4,
    'margin requests that one worker computes in turns',
  ),
  maxConcurrentClassifications: setting(
    integer({ atLeast: 1, atMost: 1_000 }),
    16,
    'Classify requests that one worker has at a time',
  ),
  workerTimeoutSeconds: setting(
    real({ atLeast: 1, atMost: 3_600 }),
    60,
    'a worker that says nothing for so long is replaced',
  ),
  drainSeconds: setting(
    real({ atLeast: 0, atMost: 3_600 }),
    30,
    'time that requests have to end when the server stops',
  ),
  logLevel: setting(choice(LOG_LEVELS), 'info', 'what is logged'),
};

/** The margin server, for its command line. */
export const serverProgram: Program<typeof settings> = {
  name: 'maxmargin serve',
  summary: 'Serves published models over gRPC: classes, and how far each input is from another class.',
  example: 'maxmargin serve --registry ./registry --address 127.0.0.1:50051 --workers 2',
  settings,
};
