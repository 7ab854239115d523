/**
 * Asked between the iterations of an attack, of short ones between every few, so that a search neither outlives its deadline nor keeps its process from reading messages.
 *
 * @returns false to stop: the search then ends with the best that it has
 */
export type ShouldContinue = () => boolean | Promise<boolean>;

/** Never stops. */
export const neverStop: ShouldContinue = () => true;

/** A `shouldContinue` for the parts of a work: once it has said no it says so to all that follow, without asking again, and whoever reports the work can see it. */
export interface WatchedPace {
  readonly shouldContinue: () => Promise<boolean>;
  readonly stopped: () => boolean;
}

/** Watches a `shouldContinue` from now on. */
export function watchedPace(shouldContinue: ShouldContinue): WatchedPace {
  let stopped = false;
  return {
    shouldContinue: async () => {
      stopped ||= !(await shouldContinue());
      return !stopped;
    },
    stopped: () => stopped,
  };
}
