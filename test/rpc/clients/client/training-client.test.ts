import assert from 'node:assert/strict';
import { ServerError, Status } from 'nice-grpc';
import { connect } from '../../../../clients/client/connect.js';
import { RequestError } from '../../../../clients/client/request-error.js';
import type { TrainingSpec } from '../../../../clients/client/training-spec.js';
import { JobState } from '../../../../proto/gen/maxmargin/v1/training_service.js';
import type { TrainingSpec as SpecMessage } from '../../../../proto/gen/maxmargin/v1/training_service.js';
import { startFakeServices } from '../fake-services.js';
import type { FakeMethods } from '../fake-services.js';

const FAST = { retry: { baseDelayMs: 2, maxDelayMs: 10 } };

const update = (sequence: bigint, state: JobState) => ({ sequence, job: { name: 'job-1', state } });

describe('training client', () => {
  it('watches a job across dropped streams and a killed service, and sees every update once', async () => {
    const asked: bigint[] = [];
    const first: FakeMethods['watchTrainingJob'] = async function* ({ afterSequence }) {
      asked.push(afterSequence);
      await Promise.resolve();
      if (asked.length === 1) {
        yield update(1n, JobState.QUEUED);
        yield update(2n, JobState.RUNNING);
        throw new ServerError(Status.UNAVAILABLE, 'draining');
      }
      yield update(2n, JobState.RUNNING);
      yield update(3n, JobState.RUNNING);
    };
    const second: FakeMethods['watchTrainingJob'] = async function* ({ afterSequence }) {
      asked.push(afterSequence);
      await Promise.resolve();
      yield update(4n, JobState.RUNNING);
      yield update(5n, JobState.SUCCEEDED);
    };
    let services = await startFakeServices({ watchTrainingJob: first });
    const client = connect(services.address, FAST);
    const seen: number[] = [];
    for await (const { sequence, job } of client.watchTrainingJob('job-1')) {
      seen.push(sequence);
      assert.equal(job.name, 'job-1');
      if (sequence === 3) {
        services.kill();
        services = await startFakeServices({ watchTrainingJob: second }, Number(services.address.split(':')[1]));
      }
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5]);
    assert.deepEqual([asked[0], asked[1], asked.at(-1)], [0n, 2n, 3n]);
    client.close();
    services.kill();
  });

  it('gives a service up that stays away, and stops at once when the caller does', async () => {
    const services = await startFakeServices({});
    services.kill();
    const client = connect(services.address, FAST);
    const watchAll = async (options: { patienceMs?: number; signal?: AbortSignal }) => {
      for await (const { sequence } of client.watchTrainingJob('job-1', options)) assert.fail(`got update ${sequence}`);
    };
    await assert.rejects(watchAll({ patienceMs: 50 }), (error) => {
      return error instanceof RequestError && error.code === 'UNAVAILABLE';
    });
    const caller = new AbortController();
    const stopped = watchAll({ signal: caller.signal });
    caller.abort();
    await assert.rejects(stopped, (error) => error instanceof RequestError && error.code === 'CANCELLED');
    client.close();
  });

  it('does not wait for a job that does not exist', async () => {
    const watchTrainingJob: FakeMethods['watchTrainingJob'] = () => {
      throw new ServerError(Status.NOT_FOUND, 'name: expected a job, got job-9');
    };
    const services = await startFakeServices({ watchTrainingJob });
    const client = connect(services.address, FAST);
    const watched = client.watchTrainingJob('job-9')[Symbol.asyncIterator]().next();
    await assert.rejects(watched, (error) => error instanceof RequestError && error.code === 'NOT_FOUND');
    client.close();
    services.kill();
  });

  it('lists jobs page by page', async () => {
    const pages: Record<string, { jobs: { name: string }[]; nextPageToken: string }> = {
      '': { jobs: [{ name: 'c' }, { name: 'b' }], nextPageToken: 'two' },
      two: { jobs: [{ name: 'a' }], nextPageToken: '' },
    };
    const listTrainingJobs: FakeMethods['listTrainingJobs'] = ({ pageSize, pageToken }) => {
      assert.equal(pageSize, 2);
      return Promise.resolve(pages[pageToken] ?? {});
    };
    const services = await startFakeServices({ listTrainingJobs });
    const client = connect(services.address, FAST);
    const names: string[] = [];
    for await (const job of client.listTrainingJobs({ pageSize: 2 })) names.push(job.name);
    assert.deepEqual(names, ['c', 'b', 'a']);
    client.close();
    services.kill();
  });

  it('carries every setting of a spec there and back', async () => {
    const received: (SpecMessage | undefined)[] = [];
    const createTrainingJob: FakeMethods['createTrainingJob'] = ({ spec }) => {
      received.push(spec);
      return Promise.resolve({ name: 'job-1', spec, state: JobState.QUEUED, publishedVersion: 0n });
    };
    const services = await startFakeServices({ createTrainingJob });
    const client = connect(services.address, FAST);
    const spec: Required<TrainingSpec> = {
      model: 'digits',
      data: { name: 'mnist', directory: 'there', trainExamples: 100, validationExamples: 10 },
      architecture: { name: 'lenet', sizes: [8, 16, 64] },
      method: 'omma',
      norm: 'l2',
      maxDistance: 2,
      minRadius: 0.5,
      attackIterations: 5,
      bisections: 8,
      cleanCoefficient: 0.25,
      epsilon: 0.3,
      initialEpsilon: 0.1,
      epsilonRampSteps: 200,
      tradesBeta: 4,
      losses: { attack: 'ce', search: 'lm', margin: 'slm', clean: 'cw' },
      steps: 300,
      batchSize: 32,
      optimizer: {
        rule: 'adam',
        learningRate: 0.001,
        schedule: [{ fromStep: 10, learningRate: 0.5 }],
        weightDecay: 0.5,
        beta1: 0.5,
        beta2: 0.75,
        epsilon: 0.125,
      },
      seed: '18446744073709551615',
      checkpointInterval: 7,
      validationInterval: 'epoch',
      augmentation: 'crop-flip',
      validationRadius: 0.125,
      validationStepSize: 0.0625,
      keepEpochs: true,
      earlyStopValidations: 3,
      preset: 'mnist-linf-mma-0.45',
      validationMarginExamples: 11,
      evaluationMarginExamples: 13,
      alias: 'challenger',
    };
    const job = await client.createTrainingJob(spec);
    assert.equal(received[0]!.seed, 2n ** 64n - 1n);
    assert.deepEqual(job.spec, spec);
    assert.equal(job.state, 'queued');
    assert.equal(job.publishedVersion, undefined);

    const optimizer = { rule: 'sgd', learningRate: 0.1, weightDecay: 0, momentum: 0.9 } as const;
    assert.deepEqual((await client.createTrainingJob({ model: 'digits', optimizer })).spec?.optimizer, optimizer);
    client.close();
    services.kill();
  });
});
