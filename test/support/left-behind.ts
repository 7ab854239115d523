// Loaded by mocha itself, before the tests (.mocharc.json).

const GRACE_MS = 60_000;

/**
 * Ends the run if it has not ended by itself a minute after the last test, and says what has kept it alive: a process, socket
 * or timer that a test left behind, most often one that failed half way. Without this a single failure could hold a build for
 * ever; ending at once (mocha's `exit`) would hide what is left behind.
 */
export const mochaHooks = {
  afterAll(): void {
    setTimeout(() => {
      process.stderr.write(`left behind by the tests: ${process.getActiveResourcesInfo().join(', ')}\n`);
      process.exit(1);
    }, GRACE_MS).unref();
  },
};
