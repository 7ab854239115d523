import assert from 'node:assert/strict';
import { createClient, Metadata, type Client } from 'nice-grpc';
import {
  MarginResult_Status,
  RobustnessServiceDefinition,
} from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

/** The time of day of a process, set an hour forwards or back every 50 ms. */
const JUMPING = `const real = Date.now; let hours = 0; Date.now = () => real() + hours * 3600e3;
  setInterval(() => { hours = (hours + 2) % 3 - 1 }, 50).unref();`;

describe('RobustnessService: a clock that jumps', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let client: Client<typeof RobustnessServiceDefinition>;
  const { NODE_OPTIONS: options } = process.env;

  before(async () => {
    registry = await temporaryRegistry();
    await registry.crown('digits', smallLenet(9));
    // Workers inherit it.
    process.env['NODE_OPTIONS'] = `--import data:text/javascript,${encodeURIComponent(JUMPING)}`;
    server = await startServer(registry.root, '--max-gradient-evaluations', '1000000');
    client = createClient(RobustnessServiceDefinition, server.channel);
    await server.line(({ msg }) => msg === 'ready');
  });
  after(async () => {
    if (options === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = options;
    await server.stop();
    await registry.remove();
  });

  it('ends no search early, and loses none', async () => {
    const inputs = imageBatch(1).tensor;
    const limitMs = 4_000;
    // So that nothing is compiled within the time.
    await client.margin({ inputs, budget: { limit: { $case: 'maxGradientEvaluations', value: 20 } } });
    const startMs = performance.now();
    const { results } = await client.margin(
      { inputs, budget: { limit: { $case: 'maxGradientEvaluations', value: 1_000_000 } } },
      { metadata: Metadata({ 'grpc-timeout': `${limitMs}m` }) },
    );
    const tookMs = performance.now() - startMs;
    assert.equal(results[0]?.status, MarginResult_Status.FOUND);
    assert.ok(tookMs > limitMs / 2 && tookMs < limitMs, `${tookMs} ms`);
  });
});
