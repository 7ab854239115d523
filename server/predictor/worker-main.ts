import { ENGINE_CHOICES } from '../../core/engine/engine.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { DomainError, messageOf } from '../../core/errors.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import { sizeOf } from '../../core/shape.js';
import type { VersionKey } from '../../core/registry/registry.js';
import type { FromWorker, InputBatch, Jobs, ToWorker } from './messages.js';
import { keyText } from '../../core/registry/registry.js';
import { createResidentModel, type ResidentModel } from './resident-model.js';

// The service process drains; what the terminal sends to the whole group must not end its workers first.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// A worker whose service is gone has nobody to answer.
process.on('disconnect', () => process.exit(0));

const [registryRoot = '', engineName = ''] = process.argv.slice(2);
const choice = ENGINE_CHOICES.find((name) => name === engineName) ?? 'auto';
const engine = await openEngine(choice);
const registry = await openRegistry(registryRoot);

/** Loaded, or being loaded. */
const models = new Map<string, Promise<ResidentModel>>();
const running = new Map<number, AbortController>();

const send = (message: FromWorker): void => {
  if (process.connected) process.send?.(message);
};

function modelOf(key: VersionKey): Promise<ResidentModel> {
  const model = models.get(keyText(key));
  if (model === undefined) throw new DomainError('unavailable', `model ${keyText(key)} is not loaded`);
  return model;
}

async function load(key: VersionKey): Promise<Jobs['load']['result']> {
  const startMs = performance.now();
  const text = keyText(key);
  const model = models.get(text) ?? loadWarm(key);
  models.set(text, model);
  try {
    await model;
  } catch (error) {
    if (models.get(text) === model) models.delete(text);
    throw error;
  }
  return { durationMs: performance.now() - startMs };
}

/** Loads a version and runs it once each way, so that the first request finds everything in place. */
async function loadWarm(key: VersionKey): Promise<ResidentModel> {
  const published = await registry.load(key.name, key.version);
  const model = createResidentModel(engine, published);
  try {
    const { inputShape, bounds, threatModel } = published.manifest;
    const values = new Float32Array(sizeOf(inputShape)).fill(bounds.lower);
    const inputs: InputBatch = { count: 1, values };
    const { signal } = new AbortController();
    const effort = { maxGradientEvaluations: 1, seed: 0n, deadlineMs: Infinity, wantPerturbations: false };
    await model.classify(inputs, signal);
    await model.margin({ key, inputs, ...threatModel, ...effort }, signal);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

function unload(key: VersionKey): void {
  const model = models.get(keyText(key));
  models.delete(keyText(key));
  model?.then(
    (loaded) => {
      loaded.dispose();
    },
    () => undefined,
  );
}

async function run(message: Extract<ToWorker, { readonly request: unknown }>, signal: AbortSignal) {
  switch (message.type) {
    case 'load':
      return load(message.request.key);
    case 'classify':
      return (await modelOf(message.request.key)).classify(message.request.inputs, signal);
    case 'margin':
      return (await modelOf(message.request.key)).margin(message.request, signal);
  }
}

async function answer(message: Extract<ToWorker, { readonly request: unknown }>): Promise<void> {
  const abort = new AbortController();
  running.set(message.id, abort);
  try {
    send({ type: 'done', id: message.id, result: await run(message, abort.signal) });
  } catch (error) {
    const known = error instanceof DomainError;
    const text = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    send({ type: 'failed', id: message.id, kind: known ? error.kind : undefined, message: text });
  } finally {
    running.delete(message.id);
  }
}

process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'cancel':
      running.get(message.id)?.abort();
      return;
    case 'unload':
      unload(message.key);
      return;
    case 'ping': {
      const { numTensors, numBytes } = engine.memory();
      send({ type: 'pong', tensors: numTensors, tensorBytes: numBytes, residentBytes: process.memoryUsage.rss() });
      return;
    }
    default:
      void answer(message);
  }
});

const { name, device, library, rejected } = engine;
send({ type: 'started', engine: { name, device, library, rejected } });
