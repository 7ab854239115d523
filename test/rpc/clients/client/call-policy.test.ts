import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ServerError, Status } from 'nice-grpc';
import { connect } from '../../../../clients/client/connect.js';
import type { MaxMarginClient } from '../../../../clients/client/connect.js';
import type { ConnectOptions } from '../../../../clients/client/call-policy.js';
import { RequestError } from '../../../../clients/client/request-error.js';
import { failingFirst, startFakeServices } from '../fake-services.js';
import type { FakeMethods, FakeServices } from '../fake-services.js';

const FAST = { retry: { baseDelayMs: 2, maxDelayMs: 10, attempts: 4 } };

const failsWith = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RequestError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

async function withClient(
  methods: FakeMethods,
  options: ConnectOptions,
  use: (client: MaxMarginClient, services: FakeServices) => Promise<void>,
): Promise<void> {
  const services = await startFakeServices(methods);
  const client = connect(services.address, options);
  try {
    await use(client, services);
  } finally {
    client.close();
    services.kill();
  }
}

describe('call policy', () => {
  it('sends a request again that met UNAVAILABLE twice', async () => {
    const listModels = failingFirst(2, Status.UNAVAILABLE, () => ({ models: [] }));
    const retries: string[] = [];
    await withClient({ listModels }, { ...FAST, onRetry: (message) => retries.push(message) }, async (client) => {
      assert.deepEqual(await client.listModels(), []);
    });
    assert.equal(listModels.calls(), 3);
    assert.equal(retries.length, 2);
    assert.match(retries[0] ?? '', /failure 1/);
  });

  it('gives up after the attempts it may make, with the last answer', async () => {
    const listModels = failingFirst(99, Status.UNAVAILABLE, () => ({ models: [] }));
    await withClient({ listModels }, FAST, async (client) => {
      await assert.rejects(client.listModels(), failsWith('UNAVAILABLE', /^failure 4$/));
    });
    assert.equal(listModels.calls(), 4);
  });

  it('sends nothing again that failed otherwise', async () => {
    const getModel = failingFirst(99, Status.NOT_FOUND, () => ({}));
    await withClient({ getModel }, FAST, async (client) => {
      await assert.rejects(client.getModel({ name: 'digits' }), failsWith('NOT_FOUND', /^failure 1$/));
    });
    assert.equal(getModel.calls(), 1);
  });

  it('sends nothing again that a repetition would change', async () => {
    const importModel = failingFirst(1, Status.UNAVAILABLE, () => ({}));
    const setAlias = failingFirst(1, Status.UNAVAILABLE, () => ({}));
    const deleteModelVersion = failingFirst(1, Status.UNAVAILABLE, () => ({}));
    const cancelTrainingJob = failingFirst(1, Status.UNAVAILABLE, () => ({}));
    await withClient({ importModel, setAlias, deleteModelVersion, cancelTrainingJob }, FAST, async (client) => {
      const unavailable = failsWith('UNAVAILABLE', /failure 1/);
      const weights = new Uint8Array(8);
      await assert.rejects(client.importModel({ name: 'a', architecture: 'lenet', weights }), unavailable);
      await assert.rejects(client.setAlias('a', 'champion', 2, 1), unavailable);
      await assert.rejects(client.deleteVersion('a', 1), unavailable);
      await assert.rejects(client.cancelTrainingJob('j'), unavailable);
    });
    assert.deepEqual(
      [importModel.calls(), setAlias.calls(), deleteModelVersion.calls(), cancelTrainingJob.calls()],
      [1, 1, 1, 1],
    );
  });

  it('sets an alias again where no version was expected', async () => {
    const setAlias = failingFirst(1, Status.UNAVAILABLE, () => ({ name: 'a' }));
    await withClient({ setAlias }, FAST, async (client) => {
      await client.setAlias('a', 'champion', 2);
    });
    assert.equal(setAlias.calls(), 2);
  });

  it('repeats the creation of a job under the same request id', async () => {
    const ids: string[] = [];
    const createTrainingJob = (request: { requestId: string }) => {
      ids.push(request.requestId);
      if (ids.length < 3) throw new ServerError(Status.UNAVAILABLE, 'loading');
      return Promise.resolve({ name: 'job-1' });
    };
    await withClient({ createTrainingJob }, FAST, async (client) => {
      assert.equal((await client.createTrainingJob({ model: 'digits' })).name, 'job-1');
    });
    assert.equal(ids.length, 3);
    assert.ok(ids[0] !== '' && ids.every((id) => id === ids[0]));
  });

  it('reaches a service that starts late', async () => {
    const first = await startFakeServices({});
    first.kill();
    const client = connect(first.address, { retry: { attempts: 20, baseDelayMs: 20, maxDelayMs: 50 } });
    const answer = client.listModels();
    const services = await startFakeServices(
      { listModels: () => Promise.resolve({ models: [{ name: 'a' }] }) },
      Number(first.address.split(':')[1]),
    );
    assert.deepEqual(
      (await answer).map((model) => model.name),
      ['a'],
    );
    client.close();
    services.kill();
  });

  it('fails with DEADLINE_EXCEEDED, retries included, and the service is told and stops', async () => {
    let stopped: Promise<unknown> | undefined;
    const listModels: FakeMethods['listModels'] = async (_request, context) => {
      stopped ??= once(context.signal, 'abort');
      await stopped;
      throw new ServerError(Status.CANCELLED, 'stopped');
    };
    await withClient({ listModels }, FAST, async (client, services) => {
      // The first call connects, so that the next one's time is not spent on that.
      await assert.rejects(client.getModel({ name: 'digits' }), failsWith('UNIMPLEMENTED', /./));
      await assert.rejects(client.listModels({ deadlineMs: 500 }), failsWith('DEADLINE_EXCEEDED', /./));
      await stopped;
      const [without, leftMs = 0] = services.timeLeftMs;
      assert.equal(without, Infinity);
      assert.ok(leftMs > 0 && leftMs <= 500, String(leftMs));
    });
  });

  it('stops waiting between attempts when the deadline passes', async () => {
    const listModels = failingFirst(99, Status.UNAVAILABLE, () => ({ models: [] }));
    await withClient({ listModels }, { retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } }, async (client) => {
      await assert.rejects(client.listModels({ deadlineMs: 100 }), failsWith('DEADLINE_EXCEEDED', /./));
    });
  });

  it('gives up when the caller does, and the service stops', async () => {
    const caller = new AbortController();
    let stopped: Promise<unknown> | undefined;
    const listModels: FakeMethods['listModels'] = async (_request, context) => {
      stopped = once(context.signal, 'abort');
      caller.abort();
      await stopped;
      throw new ServerError(Status.CANCELLED, 'stopped');
    };
    await withClient({ listModels }, FAST, async (client) => {
      await assert.rejects(
        client.listModels({ signal: caller.signal }),
        failsWith('CANCELLED', /cancelled by the caller/),
      );
      await stopped;
    });
  });
});
