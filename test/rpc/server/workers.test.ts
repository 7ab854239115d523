import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createClient, Status, type Client } from 'nice-grpc';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { eventually } from '../../support/eventually.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type LogLine, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const inputs = imageBatch(1).tensor;
const ENDLESS = { limit: { $case: 'maxGradientEvaluations', value: 1_000_000 } } as const;
const FLAGS = ['--max-gradient-evaluations', '1000000'] as const;

describe('Workers of the server', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let client: Client<typeof RobustnessServiceDefinition>;

  beforeEach(async () => {
    registry = await temporaryRegistry();
    await registry.crown('digits', smallLenet(9));
  });
  const start = async (...flags: string[]): Promise<void> => {
    server = await startServer(registry.root, ...FLAGS, ...flags);
    client = createClient(RobustnessServiceDefinition, server.channel);
    await server.line(({ msg }) => msg === 'ready');
  };

  afterEach(async () => {
    await server.stop();
    await registry.remove();
  });

  const isStart = ({ msg }: LogLine): boolean => msg === 'worker started';
  const workerPid = () => server.lines.findLast(isStart)!.workerPid as number;
  const marginUnderWay = async () => {
    const answer = client.margin({ inputs, budget: ENDLESS });
    answer.catch(() => undefined);
    await eventually(
      () => server.metric('maxmargin_requests_running', 'job="margin"'),
      (jobs) => jobs === 1,
    );
    return { answer };
  };

  it('is replaced when it is killed: what it computed is UNAVAILABLE, the next requests succeed', async () => {
    await start();
    const { answer } = await marginUnderWay();
    const pid = workerPid();
    process.kill(pid, 'SIGKILL');
    await assert.rejects(answer, { code: Status.UNAVAILABLE, details: /SIGKILL/ });
    // Nobody waits for the new worker by hand: a request does, in the queue.
    assert.equal((await client.classify({ inputs })).version, 1n);
    assert.notEqual(workerPid(), pid);
    assert.equal(await server.metric('maxmargin_worker_restarts_total', 'reason="exited"'), 1);
    assert.equal(await server.metric('maxmargin_workers_ready'), 1);
    assert.equal((await server.get('/readyz')).status, 200);
  });

  it('is replaced when it hangs', async () => {
    await start('--worker-timeout-seconds', '3');
    const { answer } = await marginUnderWay();
    process.kill(workerPid(), 'SIGSTOP');
    await assert.rejects(answer, { code: Status.UNAVAILABLE });
    assert.equal((await client.classify({ inputs })).version, 1n);
    assert.ok((await server.metric('maxmargin_worker_restarts_total', 'reason="hung"')) >= 1);
  });

  it('leaves when its service is killed', async () => {
    await start();
    const { answer } = await marginUnderWay();
    const pid = workerPid();
    const ended = once(server.process, 'exit');
    server.process.kill('SIGKILL');
    await ended;
    await assert.rejects(answer);
    await eventually(
      () => Promise.resolve(isAlive(pid)),
      (alive) => !alive,
    );
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
