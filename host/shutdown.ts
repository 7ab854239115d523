import type { Log } from './log.js';

const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ends the process well: the first SIGTERM or SIGINT drains and exits with 0, the second exits at once. What nobody caught is
 * logged, and the process exits with 1, because its state is no longer known.
 */
export function shutDownOnSignals(log: Log, drain: () => Promise<void>): void {
  let draining = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (draining) {
        log.warn({ signal }, 'exiting without waiting');
        process.exit(EXIT_OF_SIGNAL[signal]);
      }
      draining = true;
      log.info({ signal }, 'draining');
      drain().then(
        () => {
          log.info('stopped');
          process.exit(0);
        },
        (error: unknown) => {
          log.fatal({ err: error }, 'draining failed');
          process.exit(1);
        },
      );
    });
  }
  const die = (error: unknown): void => {
    log.fatal({ err: error }, 'uncaught');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
