import { Option } from 'commander';
import type { Command } from 'commander';
import { ENGINE_CHOICES } from '../../../core/engine/engine.js';
import type { EngineChoice } from '../../../core/engine/engine.js';
import { placeIn } from '../../../core/engine/world/place.js';
import type { PublishedHere } from '../local/train-locally.js';
import type { TrainingSpec } from '../../client/training-spec.js';
import { earlyStopText } from '../output/early-stop.js';
import { figure, percent } from '../output/figures.js';
import { printJson, printResult } from '../output/print.js';
import { command } from '../../../host/config/command.js';
import { readSettings, withSettings } from '../../../host/config/settings.js';
import { integer } from '../option-types.js';
import { withClient, withOutput } from '../shared-options.js';
import type { OutputOptions } from '../shared-options.js';
import { formatTraining, namingOptions, TRAINING_SETTINGS, trainingSpec } from '../training-options.js';
import { watchToTheEnd } from '../watch-to-the-end.js';

interface Options extends OutputOptions {
  readonly registry: string;
  readonly data: string;
  readonly checkpoints: string;
  readonly engine: EngineChoice;
  readonly peerTimeout: number;
  readonly address?: string;
  readonly requestId?: string;
  readonly detach?: boolean;
  readonly listPresets?: boolean;
  readonly printConfig?: boolean;
}

/** `maxmargin train`: in this process, or as a job of a trainer. */
export function trainCommand(): Command {
  const train = command(
    'train',
    'Train a model and publish it: here, which is no job and is not listed as one, or as a job of a trainer (--address)',
  );
  return withOutput(
    withSettings(train, TRAINING_SETTINGS),
    'maxmargin train --dataset digits --sizes 8,16,64 --steps 300 --learning-rate 1e-3\n' +
      'maxmargin train --dataset mnist --steps 2000 --address localhost:50052\n' +
      'maxmargin train --preset mnist-linf-mma-0.45 --engine torch\n' +
      'torchrun --nproc-per-node 2 --no-python maxmargin train --dataset mnist --engine torch',
  )
    .option('--registry <dir>', 'where to publish', './registry')
    .option('--data <dir>', 'where data sets are', './data')
    .option('--checkpoints <dir>', 'where the checkpoints of a training that was stopped are kept', './checkpoints')
    .addOption(new Option('--engine <engine>', 'what runs the numerics').choices(ENGINE_CHOICES).default('auto'))
    .option(
      '--peer-timeout <seconds>',
      'in one of several processes that train together: how long it waits for the others',
      integer(1),
      600,
    )
    .option('--address <host:port>', 'create a job on this trainer and watch it, instead of training here')
    .option('--request-id <id>', 'with --address: the same id again finds the same job')
    .option('--detach', 'with --address: do not wait for the job')
    .option('--list-presets', 'show what presets there are, in every number, and train nothing')
    .action(async (options: Options) => {
      if (options.listPresets === true) {
        await listPresets(options.json);
        return;
      }
      const given = readSettings(TRAINING_SETTINGS, { ...options }, process.env);
      try {
        if (options.printConfig === true) {
          process.stdout.write(await formatTraining(given));
          return;
        }
        const spec = trainingSpec(given);
        if (options.address === undefined) await trainHere(spec, options);
        else await trainThere(options.address, spec, options);
      } catch (error) {
        throw namingOptions(error);
      }
    });
}

async function listPresets(json: boolean | undefined): Promise<void> {
  const { formatPresets, listedPresets } = await import('../output/preset-table.js');
  const presets = listedPresets();
  printResult(json, presets, () => formatPresets(presets));
}

async function trainThere(address: string, spec: TrainingSpec, options: Options): Promise<void> {
  await withClient(address, async (client) => {
    const job = await client.createTrainingJob(spec, { requestId: options.requestId });
    if (options.detach === true) {
      printResult(options.json, job, () => `Job ${job.name} is ${job.state}; maxmargin jobs watch ${job.name}`);
      return;
    }
    process.stderr.write(`Job ${job.name}. Ctrl-C stops watching; maxmargin jobs cancel ${job.name} stops the job.\n`);
    await watchToTheEnd(client, job.name, options.json === true ? printJson : undefined);
  });
}

async function trainHere(spec: TrainingSpec, options: Options): Promise<void> {
  const { trainLocally } = await import('../local/train-locally.js');
  const place = placeIn(process.env, 1000 * options.peerTimeout);
  const published = await trainLocally(spec, { ...options, place });
  if (published === undefined) return;
  printResult(options.json, published, () => publishedText(published, options.registry));
}

/** What has been published, how good it is, and what to do next. */
function publishedText(published: PublishedHere, registry: string): string {
  const { model, version, aliases, evaluation, earlyStop, steps, epochs } = published;
  const figures =
    evaluation &&
    `Accuracy ${percent(evaluation.cleanAccuracy)}, mean margin ${figure(evaluation.meanMargin)} on test examples.`;
  const next = aliases.includes('champion')
    ? `maxmargin serve --registry ${registry}`
    : `maxmargin models promote ${model} ${version} --registry ${registry}`;
  return [
    `Published ${model} version ${version} in ${registry}${aliases.length === 0 ? '' : ` as ${aliases.join(', ')}`}.`,
    figures,
    earlyStop && `Stopped early ${earlyStopText(earlyStop, steps)}.`,
    epochs === undefined ? undefined : `The weights of every epoch are in ${epochs}.`,
    `Next: ${next}`,
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}
