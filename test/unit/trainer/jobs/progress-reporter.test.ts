import assert from 'node:assert/strict';
import { EMPTY_HISTORY } from '../../../../trainer/mma/history-record.js';
import type { JobProgress } from '../../../../trainer/jobs/job.js';
import type { JobReport } from '../../../../trainer/jobs/job-messages.js';
import { progressReporter } from '../../../../trainer/jobs/progress-reporter.js';
import type { TrainingProgress } from '../../../../trainer/mma/progress.js';

type ProgressReport = Extract<JobReport, { kind: 'progress' }>;

const at = (step: number, phase: TrainingProgress['phase'] = 'training'): TrainingProgress => ({
  phase,
  step,
  steps: 1000,
  epoch: 0,
  cleanLoss: 1,
  marginLoss: 1,
  meanRadius: 0,
  batchAccuracy: 0,
  secondsPerStep: 0.001,
  etaSeconds: 1,
});

describe('progress reporter', () => {
  let reports: ProgressReport[];
  const report = (sent: JobReport) => {
    if (sent.kind === 'progress') reports.push(sent);
  };
  beforeEach(() => {
    reports = [];
  });

  it('tells no more than ten times a second, loses no step, and tells the last', async () => {
    const progress = progressReporter(1000, undefined, report);
    const began = performance.now();
    let step = 0;
    while (reports.length < 4) {
      progress.trained(at(++step));
      await new Promise(setImmediate);
    }
    progress.trained(at(++step));
    while (reports.at(-1)?.progress.step !== step) await new Promise(setImmediate);
    // Timers count whole milliseconds, and may come one more early.
    const tenths = (performance.now() - began) / 98;
    assert.ok(reports.length <= tenths + 1, `${reports.length} reports in ${tenths / 10} s`);
    assert.equal(
      reports.reduce((sum, { stepsDone }) => sum + stepsDone, 0),
      step,
    );
    const timed = reports.reduce((sum, { stepSeconds }) => sum + stepSeconds.length, 0);
    assert.equal(timed, step - 1, 'the first step waits for more than itself');
  });

  it('tells a new phase at once', () => {
    const progress = progressReporter(10, undefined, report);
    progress.enter('preparing');
    progress.trained(at(1));
    progress.trained(at(1, 'validating'));
    progress.evaluating(10, Infinity);
    progress.enter('publishing');
    assert.deepEqual(
      reports.map(({ progress: { phase } }) => phase),
      ['preparing', 'training', 'validating', 'evaluating', 'publishing'],
    );
    assert.equal(reports.at(-1)?.progress.step, 10);
  });

  it('counts the evaluation into the time that is left, and tells its own while it runs', () => {
    const progress = progressReporter(10, undefined, report);
    const left = (): number => reports.at(-1)!.progress.etaSeconds;
    progress.expectEvaluation(40);
    progress.trained({ ...at(1), secondsPerStep: 0.5, etaSeconds: 9 * 0.5 });
    assert.equal(left(), 9 * 0.5 + 40 * 0.5);
    // An early stop leaves no steps, and nothing is known of the evaluation itself yet.
    progress.evaluating(7, Infinity);
    assert.equal(left(), 40 * 0.5);
    progress.evaluating(7, 12);
    progress.evaluating(7, Infinity);
    progress.enter('publishing', 7);
    assert.equal(left(), 0);
    assert.equal(reports.at(-1)!.progress.step, 7);
  });

  it('begins where the checkpoint stands, and does not count its steps again', () => {
    const validation = { step: 4, margin: 0.2, accuracy: 0.9, quantiles: [] };
    const figures = { cleanLoss: 2, marginLoss: 3, meanRadius: 0.1, batchAccuracy: 0.5 };
    const empty = { weights: {}, moments: {}, radii: new Float32Array(), order: new Uint32Array() };
    const random = [1, 2, 3, 4] as const;
    const resume = { fingerprint: '', step: 5, figures, validation, random, history: EMPTY_HISTORY, ...empty };
    const progress = progressReporter(10, resume, report);
    progress.enter('preparing');
    const expected: Partial<JobProgress> = { step: 5, ...figures, validationMargin: 0.2, validationAccuracy: 0.9 };
    assert.deepEqual(reports[0]?.progress, { ...reports[0]?.progress, ...expected });
    progress.trained(at(6));
    assert.equal(reports.at(-1)?.stepsDone, 1);
  });
});
