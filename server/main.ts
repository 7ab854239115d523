import { isDirectory } from '../core/durable/is-directory.js';
import { exportInProcess } from '../core/export/export-process.js';
import { openRegistry } from '../core/registry/open-registry.js';
import { configure } from '../host/config/program.js';
import { createGrpcHost, hosted } from '../host/grpc-host.js';
import { createHttpHost } from '../host/http-host.js';
import { listenOrExit } from '../host/listen.js';
import { createLog } from '../host/log.js';
import { createMetrics } from '../host/metrics.js';
import { shutDownOnSignals } from '../host/shutdown.js';
import { RegistryServiceDefinition } from '../proto/gen/maxmargin/v1/registry_service.js';
import { RobustnessServiceDefinition } from '../proto/gen/maxmargin/v1/robustness_service.js';
import { createServerMetrics } from './metrics.js';
import { openModelStore } from './model-store.js';
import { startPredictor } from './predictor/predictor.js';
import { createModelMessages } from './service/model-messages.js';
import { createRegistryService } from './service/registry-service.js';
import { createRobustnessService } from './service/robustness-service.js';
import { serverProgram } from './settings.js';

const config = configure(serverProgram);
const log = createLog('server', config.logLevel);
const metrics = createMetrics();
const serverMetrics = createServerMetrics(metrics);
const draining = new AbortController();

if (!(await isDirectory(config.registry))) {
  log.fatal(`registry: expected a directory, got ${config.registry}, which is not there`);
  process.exit(1);
}
// Nothing is computed in this process, which has calls to answer.
const registry = await openRegistry(config.registry, { writeOnnx: exportInProcess });
const named = [...config.models, ...(config.defaultModel === '' ? [] : [config.defaultModel])];
if (named.length > 0) {
  const published = (await registry.listModels()).map(({ name }) => name);
  const absent = named.filter((name) => !published.includes(name));
  if (absent.length > 0) log.error({ absent, published }, 'models that are to be served are not in the registry yet');
}
const predictor = startPredictor({
  registryRoot: registry.root,
  engine: config.engine,
  workers: config.workers,
  maxRunning: { classify: config.maxConcurrentClassifications, margin: config.maxConcurrentMargins },
  maxWaiting: config.maxQueue,
  silenceLimitMs: config.workerTimeoutSeconds * 1_000,
  log,
  metrics: serverMetrics,
});
const store = openModelStore({
  registry,
  predictor,
  log,
  metrics: serverMetrics,
  keep: config.models,
  defaultModel: config.defaultModel,
  keepNamed: config.keepVersions,
  pollIntervalMs: config.pollSeconds * 1_000,
});
const messages = createModelMessages(registry, store);

const grpc = createGrpcHost({
  services: [
    hosted(
      RobustnessServiceDefinition,
      createRobustnessService({ store, predictor, messages, metrics: serverMetrics, limits: config }),
    ),
    hosted(RegistryServiceDefinition, createRegistryService({ registry, store, messages })),
  ],
  log,
  metrics,
  maxReceiveBytes: config.maxMessageBytes,
  draining,
});
const readiness = () => (draining.signal.aborted ? ({ ready: false, reason: 'draining' } as const) : store.readiness());
const http = createHttpHost(metrics, readiness);

let wasReady = false;
store.onChange(() => {
  const state = readiness();
  grpc.health.set(RobustnessServiceDefinition.fullName, state.ready);
  if (state.ready !== wasReady) log.info(state, state.ready ? 'ready' : 'not ready');
  wasReady = state.ready;
});
grpc.health.set(RegistryServiceDefinition.fullName, true);

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
const port = await listenOrExit(log, 'gRPC', config.address, (at) => grpc.listen(at));
const httpPort = await listenOrExit(log, 'HTTP', config.httpAddress, (at) => http.listen(at));
log.info(
  { address: `${hostOf(config.address)}:${port}`, httpAddress: `${hostOf(config.httpAddress)}:${httpPort}` },
  'listening',
);

shutDownOnSignals(log, async () => {
  await grpc.drain(config.drainSeconds * 1_000);
  await store.close();
  await predictor.stop();
  await http.close();
});
