import assert from 'node:assert/strict';
import { ServerError, Status } from 'nice-grpc';
import { callMethod } from '../../../../clients/client/call-method.js';
import { RequestError } from '../../../../clients/client/request-error.js';
import { JobState } from '../../../../proto/gen/maxmargin/v1/training_service.js';
import { startFakeServices } from '../fake-services.js';
import type { FakeMethods, FakeServices } from '../fake-services.js';

describe('call method', () => {
  const methods: FakeMethods = {
    getModel: ({ model }) => {
      if (model?.name !== 'digits')
        throw new ServerError(Status.NOT_FOUND, 'model.name: expected one that is registered');
      return Promise.resolve({ name: 'digits', version: 2n, publishTime: { seconds: 0n, nanos: 0 } });
    },
    watchTrainingJob: async function* ({ name, afterSequence }) {
      await Promise.resolve();
      yield { sequence: afterSequence + 1n, job: { name, state: JobState.RUNNING } };
      yield { sequence: afterSequence + 2n, job: { name, state: JobState.SUCCEEDED } };
    },
    streamMargins: async function* (requests) {
      for await (const { seed } of requests) yield { model: 'digits', version: seed };
    },
  };
  let services: FakeServices;
  before(async () => {
    services = await startFakeServices(methods);
  });
  after(() => {
    services.kill();
  });
  const call = async (method: string, request: unknown) => {
    const answers: unknown[] = [];
    for await (const answer of callMethod(services.address, `maxmargin.v1.${method}`, request)) answers.push(answer);
    return answers as Record<string, unknown>[];
  };
  const failsWith = (code: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof RequestError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

  it('speaks the JSON of protobuf: names, int64 as text, moments, defaults', async () => {
    const [version] = await call('RobustnessService/GetModel', { model: { name: 'digits', version: '2' } });
    assert.equal(version!.version, '2');
    assert.equal(version!.publishTime, '1970-01-01T00:00:00Z');
    assert.equal(version!.state, 'MODEL_STATE_UNSPECIFIED');
    assert.deepEqual(version!.labels, []);
  });

  it('prints each answer of a stream, and sends each request of one', async () => {
    const updates = await call('TrainingService/WatchTrainingJob', { name: 'j', afterSequence: 7 });
    assert.deepEqual(
      updates.map(({ sequence, job }) => [sequence, (job as { state: string }).state]),
      [
        ['8', 'JOB_STATE_RUNNING'],
        ['9', 'JOB_STATE_SUCCEEDED'],
      ],
    );
    const margins = await call('RobustnessService/StreamMargins', [{ seed: '3' }, { seed: '5' }]);
    assert.deepEqual(
      margins.map(({ version }) => version),
      ['3', '5'],
    );
  });

  it('says what is wrong with a method, a request or an answer', async () => {
    await assert.rejects(
      call('RobustnessService/Nothing', {}),
      failsWith('INVALID_ARGUMENT', /ListModels[^]*got .*Nothing/),
    );
    await assert.rejects(
      call('RobustnessService/GetModel', { modl: {} }),
      failsWith('INVALID_ARGUMENT', /key "modl" is unknown/),
    );
    await assert.rejects(call('RobustnessService/GetModel', {}), failsWith('NOT_FOUND', /model\.name: expected/));
  });
});
