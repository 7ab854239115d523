import assert from 'node:assert/strict';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, Status, type Client } from 'nice-grpc';
import { replaceFile } from '../../../core/durable/durable-files.js';
import { ModelState } from '../../../proto/gen/maxmargin/v1/model.js';
import { RegistryServiceDefinition } from '../../../proto/gen/maxmargin/v1/registry_service.js';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { eventually } from '../../support/eventually.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const inputs = imageBatch(2).tensor;
const FAST = { limit: { $case: 'maxGradientEvaluations', value: 5 } } as const;

describe('Rollout: versions come and aliases move under traffic', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let client: Client<typeof RobustnessServiceDefinition>;

  beforeEach(async () => {
    registry = await temporaryRegistry();
    await registry.crown('digits', smallLenet(1));
    server = await startServer(registry.root);
    client = createClient(RobustnessServiceDefinition, server.channel);
    await server.line(({ msg }) => msg === 'ready');
  });

  afterEach(async () => {
    await server.stop();
    await registry.remove();
  });

  const stateOf = async (version: bigint) => {
    const answer = await client.getModel({ model: { name: 'digits', selector: { $case: 'version', value: version } } });
    return { state: answer.state, reason: answer.stateReason };
  };
  const answeredBy = async () => (await client.classify({ inputs })).version;

  it('fails no request while the champion moves from version to version', async () => {
    let stop = false;
    const seen = new Set<bigint>();
    const failures: unknown[] = [];
    let answers = 0;
    const hammer = async (ask: () => Promise<{ version: bigint }>) => {
      while (!stop) {
        try {
          seen.add((await ask()).version);
          answers++;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const hammers = [
      hammer(() => client.classify({ inputs })),
      hammer(() => client.classify({ inputs })),
      hammer(() => client.margin({ inputs, budget: FAST })),
    ];
    for (let version = 2; version <= 5; version++) {
      assert.equal(await registry.crown('digits', smallLenet(version)), version);
      await eventually(
        () => Promise.resolve(seen.has(BigInt(version))),
        (answered) => answered,
      );
    }
    // And back, where the old version has been unloaded meanwhile.
    await registry.setAlias('digits', 'champion', 1);
    await eventually(answeredBy, (answer) => answer === 1n);
    stop = true;
    await Promise.all(hammers);
    assert.deepEqual(failures, []);
    assert.deepEqual([...seen].sort(), [1n, 2n, 3n, 4n, 5n]);
    assert.ok(answers > 20, `${answers}`);
    // Unloaded once nothing is computed with it, and its series with it.
    await eventually(
      () => stateOf(5n),
      ({ state }) => state === ModelState.AVAILABLE,
    );
    await eventually(
      async () => (await server.get('/metrics')).body,
      (body) => !/version="[2-5]"/.test(body),
    );
    assert.equal(await server.metric('maxmargin_model_alias_version', 'alias="champion"'), 1);
  });

  it('keeps serving the old version when the new one does not match its checksums, and says why', async () => {
    const version = await registry.publish('digits', smallLenet(2));
    const file = await open(join(registry.root, 'digits', `${version}`, 'weights.bin'), 'r+');
    await file.write(Buffer.from([0xff, 0xff]), 0, 2, 100);
    await file.close();
    await assert.rejects(registry.setAlias('digits', 'champion', version), { kind: 'data-loss' });
    // As if the damage had come between that check and the server's own.
    const aliases = join(registry.root, 'digits', 'aliases.json');
    const before = JSON.parse(await readFile(aliases, 'utf8')) as { generation: number; aliases: object };
    const moved = { ...before, generation: before.generation + 1, aliases: { ...before.aliases, champion: version } };
    await replaceFile(aliases, JSON.stringify(moved));
    const refused = await server.line(({ msg }) => msg === 'version refused');
    assert.equal(refused.version, version);
    assert.equal(await answeredBy(), 1n);
    const { state, reason } = await stateOf(2n);
    assert.equal(state, ModelState.FAILED);
    assert.match(reason, /weights\.bin/);
    assert.equal((await server.get('/readyz')).status, 200);
    assert.equal(await server.metric('maxmargin_model_refusals_total', 'model="digits"'), 1);
    const named = { name: 'digits', selector: { $case: 'version', value: 2n } } as const;
    await assert.rejects(client.classify({ inputs, model: named }), {
      code: Status.DATA_LOSS,
      details: /weights\.bin/,
    });
  });

  it('keeps serving a model whose aliases cannot be read any more, says why, and follows them again once they can', async () => {
    const aliases = join(registry.root, 'digits', 'aliases.json');
    const whole = await readFile(aliases);
    await writeFile(aliases, '{garbage');
    const { problem } = await server.line(({ msg }) => msg === 'model cannot be read');
    assert.match(String(problem), /aliases\.json: expected JSON/);
    const unreadable = () => server.metric('maxmargin_model_unreadable', 'model="digits"');
    await eventually(unreadable, (shown) => shown === 1);
    assert.equal(await answeredBy(), 1n);
    const { models } = await client.listModels({});
    assert.deepEqual(
      models.map(({ name }) => name),
      ['digits'],
    );
    await writeFile(aliases, whole);
    await registry.crown('digits', smallLenet(2));
    await eventually(answeredBy, (version) => version === 2n);
    assert.equal(await unreadable(), 0);
  });

  it('says so when a version loses a file, and lists the others', async () => {
    await registry.publish('digits', smallLenet(2));
    await rm(join(registry.root, 'digits', '2', 'weights.bin'));
    const named = { name: 'digits', selector: { $case: 'version', value: 2n } } as const;
    await assert.rejects(client.classify({ inputs, model: named }), { code: Status.DATA_LOSS });
    assert.equal(await answeredBy(), 1n);
    const { models } = await client.listModels({});
    assert.deepEqual(
      models[0]!.versions.map(({ state }) => state),
      [ModelState.READY, ModelState.FAILED],
    );
  });

  it('loads a version that is named, and keeps only the latest of those', async () => {
    for (const seed of [2, 3, 4]) await registry.publish('digits', smallLenet(seed));
    for (const version of [2n, 3n, 4n]) {
      const model = { name: 'digits', selector: { $case: 'version', value: version } } as const;
      assert.equal((await client.classify({ inputs, model })).version, version);
    }
    const { READY, AVAILABLE } = ModelState;
    const states = await Promise.all([1n, 2n, 3n, 4n].map(async (version) => (await stateOf(version)).state));
    assert.deepEqual(states, [READY, AVAILABLE, READY, READY]);
  });

  it('answers with the version that SetAlias has just set', async () => {
    const versions = createClient(RegistryServiceDefinition, server.channel);
    await registry.publish('digits', smallLenet(2));
    for (const version of [2n, 1n, 2n]) {
      await versions.setAlias({ name: 'digits', alias: 'champion', version });
      assert.equal(await answeredBy(), version);
    }
  });
});
