import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../../core/durable/durable-files.js';
import { connect } from '../../client/connect.js';
import type { MaxMarginClient } from '../../client/connect.js';
import type { Model, ModelVersion } from '../../client/models.js';
import type { TrainingSpec } from '../../client/training-spec.js';
import { printJson } from '../output/print.js';
import { CommandFailure } from '../report-failure.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { trainFirstModel, waitUntilServed } from './first-model.js';
import { choosePorts, refuseUsedPorts } from './ports.js';
import { startService } from './service-process.js';
import type { ServiceProcess } from './service-process.js';
import { askTenMargins, tenMarginsTable } from './ten-margins.js';
import type { TenMargins } from './ten-margins.js';

export interface StartOptions {
  readonly registry: string;
  readonly jobs: string;
  readonly data: string;
  readonly logs: string;
  readonly engine: string;
  readonly host: string;
  readonly portBase?: number;
  /** End when the answers have been verified. */
  readonly once?: boolean;
  readonly json?: boolean;
  /** What is trained if nothing is published. */
  readonly firstModel: TrainingSpec;
}

interface Services {
  readonly server: ServiceProcess;
  readonly trainer: ServiceProcess;
}

/** Starts both services, sees to it that there is a model, shows margins, and keeps serving until it is told to stop. */
export async function start(options: StartOptions): Promise<void> {
  const stopping = new AbortController();
  const unsubscribe = stopOnSignals(() => {
    process.stderr.write('\nStopping …\n');
    stopping.abort();
  });
  // A server expects a registry: it makes none, lest a mistyped name be an empty one.
  await makeDirectory(options.registry);
  const found = await publishedModel(options);
  const services = await startServices(options, found ?? options.firstModel.model);
  const server = connect(services.server.address);
  const trainer = connect(services.trainer.address);
  // A service that dies is noticed at once, whatever is being waited for.
  const died = Promise.race([services.server.ended, services.trainer.ended]).then((reason) => {
    if (!stopping.signal.aborted) throw new CommandFailure(reason);
  });
  try {
    await Promise.race([died, run(options, found, services, server, trainer, stopping.signal)]);
  } catch (error) {
    if (!stopping.signal.aborted || error instanceof CommandFailure) throw error;
    throw new CommandFailure('Stopped.', 130, { cause: error });
  } finally {
    stopping.abort();
    server.close();
    trainer.close();
    await Promise.all([services.server.stop(), services.trainer.stop()]);
    unsubscribe();
  }
}

/** @param found the model to serve; undefined: it is trained first */
async function run(
  options: StartOptions,
  found: string | undefined,
  services: Services,
  server: MaxMarginClient,
  trainer: MaxMarginClient,
  signal: AbortSignal,
): Promise<void> {
  const say = options.json === true ? () => undefined : console.log;
  const version = await ensureModel(options, found, server, trainer, say, signal);
  say(endpoints(services, version));
  const margins = await askTenMargins(server, version, options.data, signal);
  if (options.json === true) printJson(summary(services, version, margins));
  else say(`\n${tenMarginsTable(margins, version.labels)}\n\nDistances in ${version.norm}; ten test images of digits.`);
  const faults = margins.faults.filter((fault) => fault !== undefined);
  if (options.once === true && faults.length > 0) {
    throw new CommandFailure(`${faults.length} of ${margins.results.length} answers could not be verified.`);
  }
  if (options.once === true) return;
  say('Serving. Ctrl-C stops both services.');
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}

async function startServices(
  { registry, jobs, data, logs, engine, host, portBase }: StartOptions,
  defaultModel: string,
): Promise<Services> {
  const ports = choosePorts(portBase);
  await refuseUsedPorts(host, ports);
  await mkdir(logs, { recursive: true });
  const at = (port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const listen = (port: number, httpPort: number) => ['--address', at(port), '--http-address', at(httpPort)];
  const common = ['--registry', registry, '--engine', engine];
  const [server, trainer] = await Promise.allSettled([
    startService(
      'serve',
      [...common, '--default-model', defaultModel, ...listen(ports.server, ports.serverHttp)],
      join(logs, 'server.log'),
    ),
    startService(
      'trainer',
      [...common, '--jobs', jobs, '--data', data, ...listen(ports.trainer, ports.trainerHttp)],
      join(logs, 'trainer.log'),
    ),
  ]);
  if (server.status === 'fulfilled' && trainer.status === 'fulfilled') {
    return { server: server.value, trainer: trainer.value };
  }
  for (const service of [server, trainer]) if (service.status === 'fulfilled') await service.value.stop();
  throw server.status === 'rejected' ? server.reason : (trainer as PromiseRejectedResult).reason;
}

/** The model whose champion is served: digits, or one that takes such images. @returns undefined if nothing is published */
async function publishedModel({ registry, firstModel }: StartOptions): Promise<string | undefined> {
  const { openLocalModels } = await import('../models/local-models.js');
  const published = (await (await openLocalModels(registry, false)).listModels()).filter(
    ({ versions }) => versions.length > 0,
  );
  return published.length === 0 ? undefined : chooseModel(published, firstModel.model, registry).name;
}

/** The champion of the model that was found; if none was, of the one that is trained now. */
async function ensureModel(
  { registry, firstModel }: StartOptions,
  found: string | undefined,
  server: MaxMarginClient,
  trainer: MaxMarginClient,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ModelVersion> {
  if (found !== undefined) return waitUntilServed(server, found, signal);
  say(`Nothing is published in ${registry} yet: training a first model, ${firstModel.model}.`);
  await trainFirstModel(trainer, firstModel, signal);
  return waitUntilServed(server, firstModel.model, signal);
}

function chooseModel(published: readonly Model[], preferred: string, registry: string): Model {
  const usable = published.filter(
    ({ aliases, versions }) =>
      aliases.champion !== undefined && versions.some(({ inputShape }) => inputShape.join() === '28,28,1'),
  );
  const chosen = usable.find(({ name }) => name === preferred) ?? usable[0];
  if (chosen !== undefined) return chosen;
  const names = published.map(({ name }) => name).join(', ');
  throw new CommandFailure(
    `${registry}: no champion takes 28 × 28 grey images, which the margins are shown of; there are ${names}. ` +
      'Use maxmargin serve, or another --registry.',
  );
}

function endpoints({ server, trainer }: Services, version: ModelVersion): string {
  return [
    `${version.name} version ${version.version} is being served.`,
    '',
    `  server   gRPC ${server.address}   metrics http://${server.httpAddress}/metrics`,
    `  trainer  gRPC ${trainer.address}   metrics http://${trainer.httpAddress}/metrics`,
  ].join('\n');
}

function summary({ server, trainer }: Services, version: ModelVersion, margins: TenMargins): unknown {
  return {
    server: { address: server.address, httpAddress: server.httpAddress },
    trainer: { address: trainer.address, httpAddress: trainer.httpAddress },
    model: version.name,
    version: version.version,
    norm: version.norm,
    results: margins.results.map(({ perturbation, ...result }, i) => ({
      image: margins.names[i],
      ...result,
      perturbed: perturbation !== undefined,
      verified: margins.faults[i] === undefined,
      fault: margins.faults[i],
    })),
    verified: margins.faults.every((fault) => fault === undefined),
  };
}
