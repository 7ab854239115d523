import type { Checkpoint } from '../mma/checkpoint.js';
import type { TrainingProgress } from '../mma/progress.js';
import type { Validation } from '../mma/validation.js';
import type { JobPhase, JobProgress } from './job.js';
import type { JobReport } from './job-messages.js';

/** Turns what training says after each step into reports that the service can bear. */
export interface ProgressReporter {
  /** Begins a phase outside of training. @param done how many steps, all that were asked for, unless it ended early */
  enter(phase: Exclude<JobPhase, 'evaluating'>, done?: number): void;
  /** @param steps how many steps take about as long as the evaluation that follows the training */
  expectEvaluation(steps: number): void;
  /** The evaluation after the training. @param etaSeconds what is left of it; Infinity if that is not known yet */
  evaluating(done: number, etaSeconds: number): void;
  readonly trained: (progress: TrainingProgress) => void;
  /** Something else than a step took time. */
  paused(): void;
}

/** At most so often, whatever a step takes; a new phase is told at once. */
const INTERVAL_MS = 100;

/** @param resume what the training continues from */
export function progressReporter(
  steps: number,
  resume: Checkpoint | undefined,
  report: (report: JobReport) => void,
): ProgressReporter {
  let current: JobProgress = {
    phase: 'preparing',
    step: 0,
    steps,
    epoch: 0,
    cleanLoss: 0,
    marginLoss: 0,
    meanRadius: 0,
    batchAccuracy: 0,
    secondsPerStep: 0,
    etaSeconds: 0,
    ...(resume && { step: resume.step, ...resume.figures, ...validated(resume.validation, resume.best?.validation) }),
  };
  let evaluationSteps = 0;
  let lastStep = current.step;
  let stepsDone = 0;
  let stepSeconds: number[] = [];
  let lastReportMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  /** When the step under way began; undefined: before the first one, which waits for more than a step. */
  let beganMs: number | undefined;

  const tell = (): void => {
    clearTimeout(timer);
    timer = undefined;
    lastReportMs = performance.now();
    report({ kind: 'progress', progress: current, stepsDone, stepSeconds });
    stepsDone = 0;
    stepSeconds = [];
  };
  const change = (next: JobProgress): void => {
    const newPhase = next.phase !== current.phase;
    current = next;
    const waitMs = lastReportMs + INTERVAL_MS - performance.now();
    if (newPhase || waitMs <= 0) tell();
    else timer ??= setTimeout(tell, waitMs);
  };

  return {
    enter: (phase, done = steps) => {
      const training = phase === 'preparing' ? {} : { step: done, etaSeconds: 0 };
      change({ ...current, ...training, phase });
    },
    expectEvaluation: (expected) => {
      evaluationSteps = expected;
    },
    evaluating: (done, etaSeconds) => {
      const expected = current.phase === 'evaluating' ? current.etaSeconds : evaluationSteps * current.secondsPerStep;
      change({
        ...current,
        step: done,
        phase: 'evaluating',
        etaSeconds: Number.isFinite(etaSeconds) ? etaSeconds : expected,
      });
    },
    trained: ({ validation, best, ...figures }) => {
      const now = performance.now();
      if (figures.step > lastStep) {
        stepsDone++;
        if (beganMs !== undefined) stepSeconds.push((now - beganMs) / 1000);
      }
      lastStep = figures.step;
      beganMs = now;
      const etaSeconds = figures.etaSeconds + evaluationSteps * figures.secondsPerStep;
      change({ ...figures, ...validated(validation, best), etaSeconds });
    },
    paused: () => {
      beganMs = performance.now();
    },
  };
}

function validated(last: Validation | undefined, best: Validation | undefined): Partial<JobProgress> {
  return {
    ...(last && { validationMargin: last.margin, validationAccuracy: last.accuracy }),
    ...(best && { bestValidationMargin: best.margin }),
  };
}
