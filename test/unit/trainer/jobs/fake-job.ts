import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobProgress } from '../../../../trainer/jobs/job.js';
import type { JobCommand, JobReport } from '../../../../trainer/jobs/job-messages.js';

// A job's process that does what the name of its model says, instead of training.

const send = (report: JobReport): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(report, undefined, undefined, () => {
      resolve();
    });
  });

const progress = (step: number): JobProgress => ({
  phase: 'training',
  step,
  steps: 10,
  epoch: 0,
  cleanLoss: Number.NaN,
  marginLoss: 1,
  meanRadius: 0.1,
  batchAccuracy: 1,
  secondsPerStep: 0.1,
  etaSeconds: 1,
});

const stay = setInterval(() => undefined, 60_000);
let stubborn = false;

process.on('disconnect', () => {
  process.exit(0);
});
process.on('message', (message) => {
  const command = message as JobCommand;
  if (command.kind === 'stop') {
    if (stubborn) return;
    clearInterval(stay);
    void send({ kind: 'ended', outcome: { kind: 'stopped' } }).then(() => process.exit(0));
    return;
  }
  const { spec, directory } = command.task;
  void act(spec.model, directory);
});

async function act(behaviour: string, directory: string): Promise<void> {
  await send({ kind: 'progress', progress: progress(1), stepsDone: 1, stepSeconds: [0.1] });
  switch (behaviour) {
    case 'succeeds':
      await send({ kind: 'ended', outcome: { kind: 'succeeded', publishedVersion: 4 } });
      process.exit(0);
      break;
    case 'fails':
      await send({ kind: 'ended', outcome: { kind: 'failed', error: 'train-images: expected 16 bytes, got 3' } });
      process.exit(0);
      break;
    case 'dies':
      process.stderr.write('first words\nlast words\n');
      process.exit(3);
      break;
    case 'is-killed':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'checkpoints-and-dies':
      await send({ kind: 'checkpoint', step: 1, seconds: 0.1 });
      process.exit(1);
      break;
    case 'ends-and-hangs':
      await send({ kind: 'ended', outcome: { kind: 'succeeded', publishedVersion: 5 } });
      break;
    case 'ignores-stop':
      stubborn = true;
      await writeFile(join(directory, 'stubborn'), '');
      break;
    default:
      break;
  }
}
