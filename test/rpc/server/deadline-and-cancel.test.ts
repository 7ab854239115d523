import assert from 'node:assert/strict';
import { createClient, Metadata, Status, type Client } from 'nice-grpc';
import { HealthDefinition } from '../../../proto/gen/grpc/health/v1/health.js';
import {
  MarginResult_Status,
  RobustnessServiceDefinition,
} from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { eventually } from '../../support/eventually.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

/** Hours of work, if nothing stops it. */
const ENDLESS = { limit: { $case: 'maxGradientEvaluations', value: 1_000_000 } } as const;
const SOME = { limit: { $case: 'maxGradientEvaluations', value: 20 } } as const;
const EVALUATIONS = ['--max-gradient-evaluations', '1000000'] as const;

describe('RobustnessService: deadlines, cancellation, and what is answered meanwhile', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let client: Client<typeof RobustnessServiceDefinition>;

  before(async () => {
    registry = await temporaryRegistry();
    await registry.crown('digits', smallLenet(9));
    server = await startServer(registry.root, ...EVALUATIONS, '--max-concurrent-margins', '1', '--max-queue', '1');
    client = createClient(RobustnessServiceDefinition, server.channel);
    await server.line(({ msg }) => msg === 'ready');
  });

  after(async () => {
    await server.stop();
    await registry.remove();
  });

  const running = () => server.metric('maxmargin_requests_running', 'job="margin"');
  const waiting = () => server.metric('maxmargin_queue_depth', 'job="margin"');

  /** Starts a margin request that only its signal ends, and waits until a worker has it. */
  const endless = async (count = 1) => {
    const abort = new AbortController();
    const request = { inputs: imageBatch(count).tensor, budget: ENDLESS };
    const answer = client.margin(request, { signal: abort.signal });
    answer.catch(() => undefined);
    await eventually(running, (jobs) => jobs === 1);
    return { abort, answer };
  };

  for (const count of [1, 70]) {
    it(`answers ${count} inputs before the deadline with the best so far, not converged`, async () => {
      const inputs = imageBatch(count).tensor;
      // Twice what it takes here to find something for each, compilation included.
      const beganMs = Date.now();
      const { results: first } = await client.margin({ inputs, budget: SOME });
      assert.ok(first.every(({ status }) => status === MarginResult_Status.FOUND));
      const limitMs = Math.min(60_000, 1_000 + 2 * (Date.now() - beganMs));
      const startMs = Date.now();
      const { results } = await client.margin(
        { inputs, budget: ENDLESS, returnPerturbations: true },
        { metadata: Metadata({ 'grpc-timeout': `${limitMs}m` }) },
      );
      assert.ok(Date.now() - startMs < limitMs);
      assert.equal(results.length, count);
      for (const { converged, status, gradientEvaluations } of results) {
        assert.equal(converged, false);
        assert.equal(status, MarginResult_Status.FOUND);
        assert.ok(gradientEvaluations > 0 && gradientEvaluations < 1_000_000);
      }
      assert.equal(await running(), 0);
    });
  }

  it('says DEADLINE_EXCEEDED where there is no time for anything, and stops', async () => {
    const { abort } = await endless();
    const late = client.margin(
      { inputs: imageBatch(1).tensor, budget: ENDLESS },
      { metadata: Metadata({ 'grpc-timeout': '200m' }) },
    );
    await assert.rejects(late, { code: Status.DEADLINE_EXCEEDED });
    assert.equal(await eventually(waiting, (depth) => depth === 0), 0);
    abort.abort();
    await eventually(running, (jobs) => jobs === 0);
  });

  it('stops the work of a call that is cancelled', async () => {
    const { abort, answer } = await endless(40);
    abort.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await eventually(running, (jobs) => jobs === 0);
    assert.equal(await server.metric('maxmargin_worker_restarts_total'), 0);
  });

  it('answers Classify, health and metrics while a margin is computed: the median within 50 ms', async () => {
    const { abort } = await endless(32);
    const health = createClient(HealthDefinition, server.channel);
    const medianMs = async (ask: () => Promise<unknown>): Promise<number> => {
      const timesMs: number[] = [];
      for (let i = 0; i < 31; i++) {
        const startMs = performance.now();
        await ask();
        timesMs.push(performance.now() - startMs);
      }
      return timesMs.sort((a, b) => a - b)[15]!;
    };
    // Again for a while, since the machine may have other things to do at the moment; a service that computes itself never gets there.
    for (const ask of [() => health.check({}), () => server.get('/metrics'), () => server.get('/healthz')])
      await eventually(
        () => medianMs(ask),
        (ms) => ms < 50,
      );
    assert.equal((await client.classify({ inputs: imageBatch(2).tensor })).results.length, 2);
    assert.equal(await running(), 1);
    abort.abort();
    await eventually(running, (jobs) => jobs === 0);
  });

  it('says RESOURCE_EXHAUSTED when the queue is full, and lets the queued one in when its turn comes', async () => {
    const { abort } = await endless();
    const short = {
      inputs: imageBatch(1).tensor,
      budget: { limit: { $case: 'maxGradientEvaluations', value: 1 } },
    } as const;
    const queued = client.margin(short);
    await eventually(waiting, (depth) => depth === 1);
    await assert.rejects(client.margin(short), {
      code: Status.RESOURCE_EXHAUSTED,
      details: /^queue full: 1 request is already waiting/,
    });
    abort.abort();
    assert.equal((await queued).results.length, 1);
    assert.ok((await server.metric('maxmargin_queue_wait_seconds_sum', 'job="margin"')) > 0);
  });
});
