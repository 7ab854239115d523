import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, Status } from 'nice-grpc';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthDefinition,
} from '../../../proto/gen/grpc/health/v1/health.js';
import { ServerReflectionDefinition } from '../../../proto/gen/grpc/reflection/v1/reflection.js';
import { RegistryServiceDefinition } from '../../../proto/gen/maxmargin/v1/registry_service.js';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { withVariables } from '../../support/environment.js';
import { eventually } from '../../support/eventually.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const inputs = imageBatch(1).tensor;
const ROBUSTNESS = RobustnessServiceDefinition.fullName;

describe('Lifecycle of the server', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess | undefined;

  beforeEach(async () => {
    registry = await temporaryRegistry();
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await registry.remove();
  });

  const statusLine = async (running: ServerProcess, prefix: string): Promise<string[]> =>
    (await running.get('/metrics')).body.split('\n').filter((line) => line.startsWith(prefix));

  it('listens before it serves, and says when it does: health, /readyz', async () => {
    server = await startServer(registry.root);
    const health = createClient(HealthDefinition, server.channel);
    const watch = health.watch({ service: ROBUSTNESS })[Symbol.asyncIterator]();
    assert.deepEqual((await watch.next()).value, { status: Serving.NOT_SERVING });
    assert.equal((await server.get('/readyz')).status, 503);
    assert.equal((await server.get('/healthz')).status, 200);
    assert.equal((await health.check({ service: RegistryServiceDefinition.fullName })).status, Serving.SERVING);
    assert.equal((await health.check({})).status, Serving.NOT_SERVING);

    await registry.crown('digits', smallLenet(9));
    assert.deepEqual((await watch.next()).value, { status: Serving.SERVING });
    assert.equal((await health.check({})).status, Serving.SERVING);
    assert.equal((await server.get('/readyz')).status, 200);
    await watch.return?.();
  });

  it('says UNAVAILABLE while the first version is being loaded', async () => {
    await registry.crown('digits', smallLenet(9));
    const go = join(registry.root, 'go');
    const held = { NODE_OPTIONS: `--import ${holdWorkers(go)}` };
    server = await withVariables(held, () => startServer(registry.root));
    const client = createClient(RobustnessServiceDefinition, server.channel);
    await assert.rejects(client.classify({ inputs }), { code: Status.UNAVAILABLE });
    await writeFile(go, '');
    await server.line(({ msg }) => msg === 'ready');
    assert.equal((await client.classify({ inputs })).version, 1n);
  });

  it('reflects its services', async () => {
    server = await startServer(registry.root);
    const client = createClient(ServerReflectionDefinition, server.channel);
    const ask = async function* () {
      await Promise.resolve();
      yield { messageRequest: { $case: 'listServices', value: '' } } as const;
    };
    for await (const { messageResponse } of client.serverReflectionInfo(ask())) {
      assert.equal(messageResponse?.$case, 'listServicesResponse');
      const names = messageResponse.value.service.map(({ name }) => name);
      assert.ok(names.includes(ROBUSTNESS) && names.includes(RegistryServiceDefinition.fullName));
    }
  });

  it('drains on SIGTERM: the margin under way is answered, new calls are UNAVAILABLE, and it exits with 0', async () => {
    await registry.crown('digits', smallLenet(9));
    const running = (server = await startServer(registry.root));
    await running.line(({ msg }) => msg === 'ready');
    const { workerPid } = await running.line(({ msg }) => msg === 'worker started');
    const client = createClient(RobustnessServiceDefinition, running.channel);
    const budget = { limit: { $case: 'maxGradientEvaluations', value: 100 } } as const;
    // Suspended, so that it is still under way when all has been asked.
    process.kill(workerPid as number, 'SIGSTOP');
    const underWay = client.margin({ inputs, budget });
    await eventually(
      () => running.metric('maxmargin_requests_running', 'job="margin"'),
      (jobs) => jobs === 1,
    );
    const exited = once(running.process, 'exit');
    running.process.kill('SIGTERM');
    await running.line(({ msg }) => msg === 'draining');
    await assert.rejects(client.classify({ inputs }), { code: Status.UNAVAILABLE });
    assert.deepEqual(await running.get('/readyz'), { status: 503, body: 'draining\n' });
    process.kill(workerPid as number, 'SIGCONT');
    assert.equal((await underWay).results.length, 1);
    assert.deepEqual(await exited, [0, null]);
  });

  /** A server with a margin under way that would take hours. */
  const busyServer = async (drainSeconds: string) => {
    await registry.crown('digits', smallLenet(9));
    const flags = ['--max-gradient-evaluations', '1000000', '--drain-seconds', drainSeconds];
    const running = (server = await startServer(registry.root, ...flags));
    await running.line(({ msg }) => msg === 'ready');
    const client = createClient(RobustnessServiceDefinition, running.channel);
    const budget = { limit: { $case: 'maxGradientEvaluations', value: 1_000_000 } } as const;
    const underWay = client.margin({ inputs, budget });
    underWay.catch(() => undefined);
    await eventually(
      () => running.metric('maxmargin_requests_running', 'job="margin"'),
      (jobs) => jobs === 1,
    );
    return { running, underWay };
  };

  it('does not wait longer for calls than it was told to', async () => {
    const { running, underWay } = await busyServer('0.2');
    assert.equal(await running.stop(), 0);
    await assert.rejects(underWay);
  });

  it('exits at once on the second signal', async () => {
    const { running, underWay } = await busyServer('3600');
    const exited = once(running.process, 'exit');
    running.process.kill('SIGTERM');
    await running.line(({ msg }) => msg === 'draining');
    running.process.kill('SIGTERM');
    assert.deepEqual(await exited, [143, null]);
    await assert.rejects(underWay);
  });

  it('shows metrics that Prometheus can read, each with a help and a type', async () => {
    await registry.crown('digits', smallLenet(9));
    server = await startServer(registry.root);
    await server.line(({ msg }) => msg === 'ready');
    const { body } = await server.get('/metrics');
    const typed = new Set(Array.from(body.matchAll(/^# TYPE (\S+) /gm), ([, name]) => name));
    for (const line of body.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
      const match = /^([a-z_][a-z0-9_]*)(?:\{([a-z_]+="[^"\n]*",?)*\})? (\S+)$/.exec(line);
      assert.ok(match, line);
      const base = match[1]!.replace(/_(bucket|sum|count)$/, '');
      assert.ok(typed.has(base) || typed.has(match[1]), line);
      assert.ok(line.startsWith('maxmargin_'), line);
      assert.ok(!Number.isNaN(Number(match[3]!.replace('+Inf', 'Infinity'))) || match[3] === 'Nan', line);
    }
    assert.match((await statusLine(server, 'maxmargin_model_info')).join(), /model="digits",version="1",norm="linf"/);
  });

  it('says what is wrong with a flag and exits with 2; explains itself with --help', () => {
    const entry = fileURLToPath(new URL('../../../server/main.js', import.meta.url));
    const bad = spawnSync(process.execPath, [entry, '--workers', 'many'], { encoding: 'utf8' });
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /--workers: expected an integer from 1 to 64, got "many"/);
    const help = spawnSync(process.execPath, [entry, '--help'], { encoding: 'utf8' });
    assert.equal(help.status, 0);
    assert.match(help.stdout, /--registry <dir>/);
  });
});

/** A module that keeps the worker that imports it from beginning before a file is there. */
function holdWorkers(file: string): string {
  const hold = `
    import { existsSync } from 'node:fs';
    const here = new Int32Array(new SharedArrayBuffer(4));
    while (process.argv[1].endsWith('worker-main.js') && !existsSync(${JSON.stringify(file)})) Atomics.wait(here, 0, 0, 10);`;
  return `data:text/javascript,${encodeURIComponent(hold)}`;
}
