import type { Command } from 'commander';
import { CODE_VERSION } from '../../core/code-version.js';
import { callCommand } from './commands/call.js';
import { classifyCommand } from './commands/classify.js';
import { engineCommand } from './commands/engine.js';
import { jobsCommand } from './commands/jobs.js';
import { marginCommand } from './commands/margin.js';
import { modelsCommand } from './commands/models.js';
import { dataCommand } from './commands/data.js';
import { evaluateCommand } from './commands/evaluate.js';
import { trainCommand } from './commands/train.js';
import { startCommand } from './commands/start.js';
import { serviceCommand } from './commands/service.js';
import { command } from '../../host/config/command.js';

/** The whole command line. */
export function maxmarginProgram(): Command {
  return command(
    'maxmargin',
    'Robustness as a service: Max-Margin Adversarial training, and per-input margins over gRPC',
  )
    .version(CODE_VERSION, '-V, --version', 'print the version')
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
    .addCommand(engineCommand())
    .addHelpText('after', '\nExample:\n  maxmargin start\n  maxmargin margin --dataset digits --index 0-9');
}
