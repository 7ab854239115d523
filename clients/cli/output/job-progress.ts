import type { TrainingJob } from '../../client/training-jobs.js';
import { earlyStopText } from './early-stop.js';
import { duration, figure, percent } from './figures.js';
import type { ProgressBar } from './progress-bar.js';

/** What a training tells of itself, from a service or from this process. */
export interface ShownProgress {
  readonly phase: string;
  readonly step: number;
  readonly steps: number;
  readonly cleanLoss: number;
  readonly marginLoss: number;
  readonly meanRadius: number;
  readonly batchAccuracy: number;
  readonly validationMargin?: number | undefined;
  readonly etaSeconds: number;
}

/** Shows where a training stands. */
export function showProgress(bar: ProgressBar, progress: ShownProgress): void {
  const { phase, step, steps } = progress;
  bar.update(phase, steps === 0 ? 0 : step / steps, `${step}/${steps} ${progressFigures(progress)}`.trimEnd());
}

function progressFigures(progress: ShownProgress): string {
  const { phase, step } = progress;
  if (phase === 'evaluating') return `${duration(progress.etaSeconds)} left`;
  if (step === 0 || (phase !== 'training' && phase !== 'validating')) return '';
  const { cleanLoss, marginLoss, meanRadius, batchAccuracy, validationMargin, etaSeconds } = progress;
  const figures = [
    `${duration(etaSeconds)} left`,
    `loss ${cleanLoss.toFixed(2)} clean, ${marginLoss.toFixed(2)} margin`,
    `batch accuracy ${(100 * batchAccuracy).toFixed(0)} %`,
    `radius ${meanRadius.toFixed(3)}`,
  ];
  // Known since the last validation.
  if (validationMargin !== undefined) figures.push(`mean validation margin ${validationMargin.toFixed(3)}`);
  return figures.join(' · ');
}

/** Shows where a job stands, waiting or running. */
export function showJob(bar: ProgressBar, job: TrainingJob): void {
  if (job.state === 'queued') bar.update('queued', 0, job.queuePosition > 0 ? `behind ${job.queuePosition}` : '');
  else if (job.progress !== undefined) showProgress(bar, { ...job.progress, phase: job.progress.phase || job.state });
}

/** How a job ended, in a line; in two if it stopped early. */
export function jobOutcome(job: TrainingJob): string {
  if (job.state === 'failed') return `Job ${job.name} failed: ${job.error}`;
  if (job.state === 'cancelled') return `Job ${job.name} was cancelled.`;
  const version =
    job.publishedVersion === undefined ? '' : ` as ${job.spec?.model ?? ''} version ${job.publishedVersion}`;
  const found =
    job.evaluation === undefined
      ? ''
      : `: accuracy ${percent(job.evaluation.cleanAccuracy)}, mean margin ${figure(job.evaluation.meanMargin)}`;
  const early = job.earlyStop === undefined ? '' : `\nStopped early ${earlyStopText(job.earlyStop, job.spec?.steps)}.`;
  return `Published${version}${found}${early}`;
}
