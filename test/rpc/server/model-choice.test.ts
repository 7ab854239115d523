import assert from 'node:assert/strict';
import { createClient, Status, type Client } from 'nice-grpc';
import type { ModelSpec } from '../../../proto/gen/maxmargin/v1/model.js';
import { RegistryServiceDefinition } from '../../../proto/gen/maxmargin/v1/registry_service.js';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const inputs = imageBatch(1).tensor;
const version = (name: string, value: bigint): ModelSpec => ({ name, selector: { $case: 'version', value } });
const alias = (name: string, value: string): ModelSpec => ({ name, selector: { $case: 'alias', value } });

describe('Choosing a model, and RegistryService', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let robustness: Client<typeof RobustnessServiceDefinition>;
  let versions: Client<typeof RegistryServiceDefinition>;

  before(async () => {
    registry = await temporaryRegistry();
    server = await startServer(registry.root);
    robustness = createClient(RobustnessServiceDefinition, server.channel);
    versions = createClient(RegistryServiceDefinition, server.channel);
  });

  after(async () => {
    await server.stop();
    await registry.remove();
  });

  const answeredBy = async (model?: ModelSpec) => (await robustness.classify({ inputs, model })).version;

  // The tests below are one story: the registry fills as they go.
  it('says FAILED_PRECONDITION and is not ready while nothing is published', async () => {
    await server.line(({ msg }) => msg === 'worker ready');
    await assert.rejects(answeredBy(), { code: Status.FAILED_PRECONDITION, details: 'no model is published' });
    await assert.rejects(answeredBy(alias('digits', 'champion')), { code: Status.FAILED_PRECONDITION });
    assert.deepEqual(await server.get('/readyz'), { status: 503, body: 'no model is published\n' });
    assert.equal((await server.get('/healthz')).status, 200);
    assert.deepEqual(await robustness.listModels({}), { models: [] });
  });

  it('says FAILED_PRECONDITION while no champion is set, and answers for a version that is named', async () => {
    await registry.publish('digits', smallLenet(1));
    await assert.rejects(answeredBy(), { code: Status.FAILED_PRECONDITION, details: /champion/ });
    assert.equal(await answeredBy(version('digits', 1n)), 1n);
  });

  it('answers for the champion as soon as SetAlias has answered, and becomes ready', async () => {
    const model = await versions.setAlias({ name: 'digits', alias: 'champion', version: 1n, expectedVersion: 0n });
    assert.deepEqual(model.aliases, { champion: 1n });
    assert.equal(await answeredBy(), 1n);
    assert.deepEqual(await server.get('/readyz'), { status: 200, body: 'ready\n' });
  });

  it('says NOT_FOUND for models, versions and aliases that are not there', async () => {
    const code = Status.NOT_FOUND;
    await assert.rejects(answeredBy({ name: 'digit', selector: undefined }), {
      code,
      details: 'model: expected digits, the only one there is, got digit',
    });
    await assert.rejects(answeredBy(version('digits', 99n)), {
      code,
      details: 'model digits: version: expected 1, the only one there is, got 99',
    });
    await assert.rejects(answeredBy(version('digits', 2n ** 62n)), { code });
    await assert.rejects(answeredBy(alias('digits', 'challenger')), {
      code,
      details: /alias: expected champion, the only one there is, got "challenger"/,
    });
    await assert.rejects(answeredBy(alias('digits', '__proto__')), { code });
    await assert.rejects(robustness.getModel({ model: version('digits', 99n) }), { code });
  });

  it('asks for a name when there are several models, and names them', async () => {
    await registry.crown('fashion', smallLenet(2));
    const answer = await until(async () => {
      const { models } = await robustness.listModels({});
      return models.length === 2 ? models : undefined;
    });
    assert.deepEqual(
      answer.map(({ name }) => name),
      ['digits', 'fashion'],
    );
    await assert.rejects(answeredBy(), {
      code: Status.INVALID_ARGUMENT,
      details: 'model.name: expected one of digits, fashion, since the server has no default model, got none',
    });
    await assert.rejects(answeredBy({ name: 'fashoin', selector: undefined }), {
      code: Status.NOT_FOUND,
      details: 'model: expected one of digits, fashion (did you mean fashion?), got fashoin',
    });
    assert.equal(await answeredBy({ name: 'digits', selector: undefined }), 1n);
  });

  it('says ABORTED when an alias has moved meanwhile, and leaves it', async () => {
    await registry.publish('digits', smallLenet(3));
    const request = { name: 'digits', alias: 'champion', version: 2n, expectedVersion: 7n };
    await assert.rejects(versions.setAlias(request), { code: Status.ABORTED, details: /expected version 7/ });
    assert.equal(await answeredBy({ name: 'digits', selector: undefined }), 1n);
  });

  it('promotes, and rolls back', async () => {
    const move = (to: bigint, from: bigint) =>
      versions.setAlias({ name: 'digits', alias: 'champion', version: to, expectedVersion: from });
    await move(2n, 1n);
    assert.equal(await answeredBy({ name: 'digits', selector: undefined }), 2n);
    await move(1n, 2n);
    assert.equal(await answeredBy({ name: 'digits', selector: undefined }), 1n);
  });

  it('refuses aliases to what is not there, and bad names', async () => {
    const name = 'digits';
    await assert.rejects(versions.setAlias({ name, alias: 'x', version: 99n }), { code: Status.NOT_FOUND });
    await assert.rejects(versions.setAlias({ name, alias: '../x', version: 1n }), { code: Status.INVALID_ARGUMENT });
    await assert.rejects(versions.setAlias({ name: '..', alias: 'x', version: 1n }), { code: Status.INVALID_ARGUMENT });
    await assert.rejects(versions.setAlias({ name, alias: 'x', version: -1n }), { code: Status.INVALID_ARGUMENT });
  });

  it('deletes a version that no alias points to, and only such a one', async () => {
    const request = { name: 'digits', version: 1n };
    await assert.rejects(versions.deleteModelVersion(request), { code: Status.FAILED_PRECONDITION });
    await versions.deleteModelVersion({ name: 'digits', version: 2n });
    await assert.rejects(answeredBy(version('digits', 2n)), { code: Status.NOT_FOUND });
    await assert.rejects(versions.deleteModelVersion({ name: 'digits', version: 2n }), { code: Status.NOT_FOUND });
  });

  it('says UNIMPLEMENTED for what later versions provide', async () => {
    const first = async (stream: AsyncIterable<unknown>) => {
      for await (const message of stream) return message;
      return undefined;
    };
    await assert.rejects(first(robustness.refineMargin({ inputs })), { code: Status.UNIMPLEMENTED });
    const requests = async function* () {
      await Promise.resolve();
      yield { inputs };
    };
    await assert.rejects(first(robustness.streamMargins(requests())), { code: Status.UNIMPLEMENTED });
  });
});

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
  }
}
