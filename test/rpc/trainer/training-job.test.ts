import assert from 'node:assert/strict';
import { jobOutcome } from '../../../clients/cli/output/job-progress.js';
import { fromTrainingJob } from '../../../clients/client/training-jobs.js';
import { openRegistry } from '../../../core/registry/open-registry.js';
import { JobState } from '../../../proto/gen/maxmargin/v1/training_service.js';
import type { TrainingJobUpdate } from '../../../proto/gen/maxmargin/v1/training_service.js';
import { NO_PROMTOOL, lintMetrics } from '../../support/promtool.js';
import { endlessSpec, ended, tinySpec, watchUntil } from './tiny-job.js';
import { makePlace, removePlace, startTrainer } from './trainer-process.js';
import type { Place, TrainerProcess } from './trainer-process.js';

describe('training jobs', () => {
  let place: Place;
  let trainer: TrainerProcess;
  before(async () => {
    place = await makePlace();
    trainer = await startTrainer(place, '--max-queued', '2', '--stop-seconds', '60');
  });
  after(async () => {
    assert.equal(await trainer.terminate(), 0);
    await removePlace(place);
  });
  const collect = async (name: string): Promise<TrainingJobUpdate[]> => {
    const updates: TrainingJobUpdate[] = [];
    for await (const update of trainer.client.watchTrainingJob({ name })) updates.push(update);
    return updates;
  };
  const running = (name: string) => watchUntil(trainer.client, name, ({ progress }) => (progress?.step ?? 0n) > 0n);

  it('trains, evaluates, publishes, and tells everyone who watches', async () => {
    const { name, state } = await trainer.client.createTrainingJob({ spec: tinySpec() });
    assert.equal(state, JobState.RUNNING);
    const early = [collect(name), collect(name)];
    await running(name);
    const late = collect(name);
    const watched = await Promise.all([...early, late, late.then(() => collect(name))]);

    const job = await trainer.client.getTrainingJob({ name });
    assert.equal(job.error, '');
    assert.equal(job.state, JobState.SUCCEEDED);
    assert.equal(job.publishedVersion, 1n);
    assert.equal(job.evaluation?.marginExamples, 10n);
    assert.equal(job.progress?.step, 12n);
    assert.ok(job.endTime !== undefined && job.startTime !== undefined && job.createTime !== undefined);
    for (const updates of watched) {
      assert.deepEqual(updates.at(-1)?.job, job);
      const sequences = updates.map(({ sequence }) => sequence);
      assert.deepEqual(
        sequences,
        [...new Set(sequences)].sort((a, b) => Number(a - b)),
      );
      assert.ok(updates.slice(0, -1).every((update) => update.job !== undefined && !ended(update.job)));
    }
    assert.equal(watched.at(3)?.length, 1, 'a job that has ended is sent once');
    const phases = new Set(watched[0].map((update) => update.job?.progress?.phase));
    for (const phase of ['preparing', 'training', 'evaluating']) assert.ok(phases.has(phase), phase);

    const registry = await openRegistry(place.registry);
    const { manifest } = await registry.load('tiny', 1);
    assert.equal(manifest.origin.kind === 'trained' && manifest.origin.job, name);
    assert.equal(manifest.evaluation?.cleanAccuracy, job.evaluation.cleanAccuracy);
    assert.deepEqual((await registry.model('tiny')).aliases, { champion: 1 });
  });

  it('tells that training stopped early, at which step and why', async () => {
    // Weights that move by nothing have the same margins: the validations after steps 4 and 6 find no larger one than the one after 2.
    const still = { rule: { $case: 'sgd' as const, value: { momentum: 0 } }, learningRate: 1e-30, weightDecay: 0 };
    const spec = tinySpec({ model: 'still', optimizer: still, validationInterval: 2n, earlyStopValidations: 2 });
    const { name } = await trainer.client.createTrainingJob({ spec });
    const job = await watchUntil(trainer.client, name);
    assert.equal(job.error, '');
    const { bestMargin, ...where } = job.earlyStop!;
    assert.deepEqual(where, { step: 6n, epoch: 0n, validations: 2, bestStep: 2n });
    assert.equal(bestMargin, job.progress?.bestValidationMargin);
    const { origin } = await (await openRegistry(place.registry)).manifest('still', 1);
    assert.ok(origin.kind === 'trained');
    assert.deepEqual(origin.earlyStop, { step: 6, epoch: 0, validations: 2, bestMargin, bestStep: 2 });
    const seen = jobOutcome(fromTrainingJob(job));
    assert.match(seen, /\nStopped early after step 6 of 12 \(epoch 0\): 2 validations in a row without a larger mean/);
    const line = await trainer.logged(({ msg }) => msg === 'training stopped early');
    assert.deepEqual([line.job, line.step, line.bestStep], [name, 6, 2]);
  });

  it('queues jobs in order, bounded, and cancels them waiting or running', async () => {
    const { client } = trainer;
    const create = () => client.createTrainingJob({ spec: endlessSpec() });
    const jobs = [await create(), await create(), await create()];
    const [first = '', second = '', third = ''] = jobs.map(({ name }) => name);
    assert.deepEqual(
      jobs.map(({ state }) => state),
      [JobState.RUNNING, JobState.QUEUED, JobState.QUEUED],
    );
    assert.deepEqual(
      jobs.map(({ queuePosition }) => queuePosition),
      [0, 0, 1],
    );
    await assert.rejects(create(), /RESOURCE_EXHAUSTED: queue full: 2 jobs are already waiting/);

    const moved = watchUntil(client, third, ({ queuePosition }) => queuePosition === 0);
    assert.equal((await client.cancelTrainingJob({ name: second })).state, JobState.CANCELLED);
    await moved;
    const { progress } = await running(first);
    const began = performance.now();
    const stopped = await client.cancelTrainingJob({ name: first });
    assert.equal(stopped.state, JobState.CANCELLED);
    assert.ok(performance.now() - began < 30_000, 'long before it would be killed');
    assert.ok((stopped.progress?.step ?? 0n) >= (progress?.step ?? 0n));
    assert.equal(stopped.publishedVersion, 0n);
    await assert.rejects(client.cancelTrainingJob({ name: first }), /FAILED_PRECONDITION: .*got one that is cancelled/);
    await watchUntil(client, third, ({ state }) => state === JobState.RUNNING);
    await client.cancelTrainingJob({ name: third });
    await assert.rejects(client.resumeTrainingJob({ name: jobs[0]?.name.replace(/.$/, 'x') ?? '' }), /NOT_FOUND/);
  });

  it('shows its jobs in pages, newest first', async () => {
    const { client } = trainer;
    const all = (await client.listTrainingJobs({})).jobs.map(({ name }) => name);
    assert.deepEqual(all, [...all].sort().reverse());
    assert.ok(all.length >= 4);
    const paged: string[] = [];
    let pageToken = '';
    do {
      const page = await client.listTrainingJobs({ pageSize: 2, pageToken });
      assert.ok(page.jobs.length <= 2);
      paged.push(...page.jobs.map(({ name }) => name));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    assert.deepEqual(paged, all);
    await assert.rejects(client.listTrainingJobs({ pageToken: 'nonsense' }), /INVALID_ARGUMENT: page_token: /);
    await assert.rejects(client.listTrainingJobs({ pageSize: -1 }), /INVALID_ARGUMENT: page_size: /);
  });

  it('fills in defaults without creating anything when asked to validate only', async () => {
    const before = (await trainer.client.listTrainingJobs({})).jobs.length;
    const { spec, name } = await trainer.client.createTrainingJob({ spec: { model: 'm' }, validateOnly: true });
    assert.equal(name, '');
    assert.equal(spec?.maxDistance, 0.45);
    assert.deepEqual(spec.architecture?.sizes, [32, 64, 1024]);
    for (const [architecture, expected] of [
      [{ name: 'wrn-28-4' }, { name: 'wrn', sizes: [28, 4] }],
      [{ name: 'mlp' }, { name: 'mlp', sizes: [256, 128] }],
      [
        { name: 'cnn', sizes: [4, 8] },
        { name: 'cnn', sizes: [4, 8] },
      ],
    ] as [{ name: string; sizes?: number[] }, object][]) {
      const asked = { model: 'm', architecture };
      const checked = await trainer.client.createTrainingJob({ spec: asked, validateOnly: true });
      assert.deepEqual(checked.spec?.architecture, { ...expected, layersModelJson: '' });
    }
    const preset = { model: 'm', preset: 'cifar10-l2-pgd-0.5', steps: 7n };
    const filled = (await trainer.client.createTrainingJob({ spec: preset, validateOnly: true })).spec;
    assert.deepEqual(
      [filled?.preset, filled?.steps, filled?.batchSize, filled?.epsilon, filled?.validationPerEpoch],
      ['cifar10-l2-pgd-0.5', 7n, 128, 0.5, true],
    );
    assert.deepEqual(
      filled?.optimizer?.schedule.map(({ fromStep }) => fromStep),
      [0n, 20_000n, 30_000n, 40_000n],
    );
    assert.equal((await trainer.client.listTrainingJobs({})).jobs.length, before);
  });

  it('refuses what is not acceptable, naming the field', async () => {
    const { client } = trainer;
    const refusals: [Parameters<typeof client.createTrainingJob>[0], RegExp][] = [
      [{}, /INVALID_ARGUMENT: spec: /],
      [{ spec: {} }, /INVALID_ARGUMENT: spec\.model: /],
      [{ spec: tinySpec({ model: '../../etc' }) }, /INVALID_ARGUMENT: spec\.model: /],
      [{ spec: tinySpec({ data: { name: 'imagenet' } }) }, /INVALID_ARGUMENT: spec\.data\.name: /],
      [{ spec: tinySpec({ data: { directory: '../..' } }) }, /INVALID_ARGUMENT: spec\.data\.directory: /],
      [
        { spec: tinySpec({ architecture: { name: 'wrn-27-4' } }) },
        /INVALID_ARGUMENT: spec\.architecture\.name: .*got 27/,
      ],
      [
        { spec: tinySpec({ architecture: { name: 'wrn', sizes: [28, 0] } }) },
        /spec\.architecture\.sizes\[1\]: .*got 0/,
      ],
      [{ spec: tinySpec({ maxDistance: Number.NaN }) }, /INVALID_ARGUMENT: spec\.max_distance: .*got NaN/],
      [{ spec: tinySpec({ preset: 'cifar10-l2-pgd' }) }, /INVALID_ARGUMENT: spec\.preset: .*cifar10-l2-pgd-0\.5.*got/],
      [{ spec: tinySpec({ steps: -1n }) }, /INVALID_ARGUMENT: spec\.steps: .*got -1/],
      [{ spec: tinySpec({ batchSize: 1_000_000 }) }, /INVALID_ARGUMENT: spec\.batch_size: /],
      [{ spec: tinySpec(), requestId: 'x'.repeat(200) }, /INVALID_ARGUMENT: request_id: /],
    ];
    for (const [request, message] of refusals) {
      await assert.rejects(client.createTrainingJob(request), message);
      await assert.rejects(client.createTrainingJob({ ...request, validateOnly: true }), message);
    }
    for (const name of ['', 'job-1', '../../etc/passwd', 'job-20260101t000000000-aaaaaa']) {
      await assert.rejects(client.getTrainingJob({ name }), /NOT_FOUND: name: expected a job/);
      await assert.rejects(client.cancelTrainingJob({ name }), /NOT_FOUND/);
      await assert.rejects(client.resumeTrainingJob({ name }), /NOT_FOUND/);
      await assert.rejects(collect(name), /NOT_FOUND/);
    }
    const [job] = (await client.listTrainingJobs({ pageSize: 1 })).jobs;
    const negative = client.watchTrainingJob({ name: job?.name ?? '', afterSequence: -1n });
    await assert.rejects(negative[Symbol.asyncIterator]().next(), /INVALID_ARGUMENT: after_sequence/);
  });

  it('shows its jobs to monitoring', async () => {
    const metrics = await (await fetch(`http://${trainer.httpAddress}/metrics`)).text();
    for (const line of [
      'maxmargin_jobs{state="succeeded"} 2',
      'maxmargin_jobs{state="cancelled"} 3',
      'maxmargin_jobs_ended_total{state="succeeded"} 2',
      'maxmargin_jobs_ended_total{state="failed"} 0',
      'maxmargin_job_restarts_total{model="tiny"} 0',
      'maxmargin_job_queue_depth 0',
      'maxmargin_publish_duration_seconds_count{model="tiny"} 1',
    ])
      assert.ok(metrics.includes(`${line}\n`), line);
    const steps = /^maxmargin_job_steps_total\{model="tiny"\} (\d+)$/m.exec(metrics);
    assert.ok(Number(steps?.[1]) >= 12);
    for (const name of [
      'job_checkpoints_total',
      'job_step_duration_seconds_count',
      'job_checkpoint_duration_seconds_count',
    ])
      assert.match(metrics, new RegExp(`^maxmargin_${name}\\{model="tiny"\\} [1-9]`, 'm'));
    if (NO_PROMTOOL === '') assert.equal(lintMetrics(metrics), '');
  });
});
