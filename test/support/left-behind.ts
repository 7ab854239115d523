import { endStartedProcesses } from './started-processes.js';

// Loaded by mocha itself, before the tests (.mocharc.json).

const GRACE_MS = 60_000;

const say = (left: readonly string[]): void => {
  if (left.length > 0) process.stderr.write(`left behind by the tests: ${left.join(', ')}\n`);
};

/**
 * Ends what the tests have started and left, most often one that failed half way, and the run itself if it has not ended a minute later:
 * a socket or timer keeps it alive. It says what was left. Without this a single failure could hold a build for ever; ending at
 * once (mocha's `exit`) would hide what is left behind.
 */
export const mochaHooks = {
  afterAll(): void {
    say(endStartedProcesses());
    setTimeout(() => {
      say(process.getActiveResourcesInfo());
      process.exit(1);
    }, GRACE_MS).unref();
  },
};
