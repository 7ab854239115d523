const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm hands Ctrl-C on to a script that the terminal has told already: what follows so soon is the same wish, not a second one.
 */
const SAME_WISH_MS = 500;

/**
 * Calls `stop` at the first signal, so that everything ends well; a second one ends the process at once.
 *
 * @returns what takes the handlers away again
 */
export function stopOnSignals(stop: () => void): () => void {
  let firstMs: number | undefined;
  const onSignal = (): void => {
    if (firstMs === undefined) {
      firstMs = performance.now();
      stop();
    } else if (performance.now() - firstMs > SAME_WISH_MS) process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
