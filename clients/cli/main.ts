#!/usr/bin/env node
import { maxmarginProgram } from './program.js';
import { reportFailure } from './report-failure.js';

// What reads the output, such as head, may have enough before all is written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await maxmarginProgram().parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, process.argv.includes('--verbose'));
}
