import type { Command } from 'commander';
import { hasEnded } from '../../client/training-jobs.js';
import type { TrainingJob } from '../../client/training-jobs.js';
import { earlyStopText } from '../output/early-stop.js';
import { moment } from '../output/figures.js';
import { jobOutcome } from '../output/job-progress.js';
import { evaluationFields } from '../output/model-tables.js';
import { printJson, printResult } from '../output/print.js';
import { formatFields, formatTable } from '../output/table.js';
import { command } from '../../../host/config/command.js';
import { TRAINER_ADDRESS, withAddress, withClient, withOutput } from '../shared-options.js';
import type { AddressOptions, OutputOptions } from '../shared-options.js';
import { integer } from '../option-types.js';
import { watchToTheEnd } from '../watch-to-the-end.js';

type Options = OutputOptions & AddressOptions;

/** `maxmargin jobs …`: the trainer's jobs. */
export function jobsCommand(): Command {
  const jobs = command('jobs', 'List, show, watch, cancel and resume training jobs');
  const add = (name: string, summary: string, example: string): Command => {
    const sub = withOutput(withAddress(command(name, summary), TRAINER_ADDRESS), example);
    jobs.addCommand(sub);
    return sub;
  };

  add(
    'list',
    'List the jobs of a trainer, newest first; trainings of the command line itself are not jobs',
    'maxmargin jobs list --limit 5',
  )
    .option('--limit <n>', 'how many', integer(1), 50)
    .action(async (options: Options & { limit: number }) => {
      const listed = await withClient(options.address, async (client) => {
        const found: TrainingJob[] = [];
        for await (const job of client.listTrainingJobs({ pageSize: Math.min(options.limit, 1_000) })) {
          found.push(job);
          if (found.length >= options.limit) break;
        }
        return found;
      });
      printResult(options.json, listed, () => (listed.length === 0 ? 'No jobs.' : jobsTable(listed)));
    });

  add('show', 'Show one job', 'maxmargin jobs show JOB')
    .argument('<job>', 'the name of the job')
    .action(async (name: string, options: Options) => {
      const job = await withClient(options.address, (client) => client.getTrainingJob(name));
      printResult(options.json, job, () => jobFields(job));
    });

  add('watch', 'Watch a job until it ends; with --json a line for each change', 'maxmargin jobs watch JOB')
    .argument('<job>', 'the name of the job')
    .action(async (name: string, options: Options) => {
      await withClient(options.address, async (client) => {
        await watchToTheEnd(client, name, options.json === true ? printJson : undefined);
      });
    });

  add('cancel', 'Stop a job within one step; its checkpoint stays', 'maxmargin jobs cancel JOB')
    .argument('<job>', 'the name of the job')
    .action(async (name: string, options: Options) => {
      const job = await withClient(options.address, (client) => client.cancelTrainingJob(name));
      printResult(options.json, job, () =>
        hasEnded(job.state) ? jobOutcome(job) : `Job ${job.name} is ${job.state}, and stops at its next step.`,
      );
    });

  add('resume', 'Queue a cancelled or failed job again, from its last checkpoint', 'maxmargin jobs resume JOB')
    .argument('<job>', 'the name of the job')
    .action(async (name: string, options: Options) => {
      const job = await withClient(options.address, (client) => client.resumeTrainingJob(name));
      printResult(options.json, job, () => `Job ${job.name} is ${job.state}.`);
    });

  return jobs;
}

function jobsTable(listed: readonly TrainingJob[]): string {
  const columns = [
    { title: 'job' },
    { title: 'model' },
    { title: 'method' },
    { title: 'state' },
    { title: 'step', numeric: true },
    { title: 'created' },
    { title: 'published' },
  ];
  const rows = listed.map((job) => [
    job.name,
    job.spec?.model ?? '',
    job.spec?.method ?? '',
    job.state,
    job.progress === undefined ? '–' : `${job.progress.step}/${job.progress.steps}`,
    moment(job.createTime),
    job.publishedVersion === undefined ? '–' : `version ${job.publishedVersion}`,
  ]);
  return formatTable(columns, rows);
}

function jobFields(job: TrainingJob): string {
  const { spec, progress, evaluation } = job;
  const fields: [string, string][] = [
    ['job', job.name],
    ['state', job.state === 'queued' ? `queued, behind ${job.queuePosition}` : job.state],
  ];
  if (job.error !== '') fields.push(['error', job.error]);
  if (spec !== undefined) {
    fields.push(['model', spec.model]);
    fields.push([
      'training',
      `${spec.method ?? ''}, ${spec.norm ?? ''}, ${spec.steps ?? 0} steps of ${spec.batchSize ?? 0}`,
    ]);
    if (spec.preset !== undefined && spec.preset !== '') fields.push(['preset', spec.preset]);
    fields.push(['data', spec.data?.name ?? '']);
    fields.push(['network', `${spec.architecture?.name ?? ''} ${spec.architecture?.sizes?.join(', ') ?? ''}`]);
  }
  if (progress !== undefined) fields.push(['progress', `${progress.phase} ${progress.step}/${progress.steps}`]);
  if (job.earlyStop !== undefined) fields.push(['stopped early', earlyStopText(job.earlyStop, spec?.steps)]);
  if (evaluation !== undefined) {
    fields.push(...evaluationFields(evaluation));
  }
  fields.push(['created', moment(job.createTime)], ['started', moment(job.startTime)], ['ended', moment(job.endTime)]);
  fields.push(['restarts', String(job.restarts)]);
  if (job.publishedVersion !== undefined) fields.push(['published', `version ${job.publishedVersion}`]);
  return formatFields(fields);
}
