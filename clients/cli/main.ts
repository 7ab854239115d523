#!/usr/bin/env node
import { callCommand } from './commands/call.js';
import { classifyCommand } from './commands/classify.js';
import { dataCommand } from './commands/data.js';
import { jobsCommand } from './commands/jobs.js';
import { marginCommand } from './commands/margin.js';
import { modelsCommand } from './commands/models.js';
import { evaluateCommand } from './commands/evaluate.js';
import { trainCommand } from './commands/train.js';
import { startCommand } from './commands/start.js';
import { serviceCommand } from './commands/service.js';
import { command } from './program.js';
import { reportFailure } from './report-failure.js';

const program = command(
  'maxmargin',
  'Robustness as a service: Max-Margin Adversarial training, and per-input margins over gRPC',
)
  .enablePositionalOptions()
  .addCommand(startCommand())
  .addCommand(serviceCommand('serve'))
  .addCommand(serviceCommand('trainer'))
  .addCommand(trainCommand())
  .addCommand(evaluateCommand())
  .addCommand(classifyCommand())
  .addCommand(marginCommand())
  .addCommand(modelsCommand())
  .addCommand(jobsCommand())
  .addCommand(dataCommand())
  .addCommand(callCommand())
  .addHelpText('after', '\nExample:\n  maxmargin start\n  maxmargin margin --dataset digits --index 0-9');

// What reads the output, such as head, may have enough before all is written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, process.argv.includes('--verbose'));
}
