/**
 * Asked between the iterations of an attack, of short ones between every few, so that a search neither outlives its deadline nor keeps its process from reading messages.
 *
 * @returns false to stop: the search then ends with the best that it has
 */
export type Proceed = () => boolean | Promise<boolean>;

/** Never stops. */
export const unhurried: Proceed = () => true;

/** A `proceed` for the parts of a work: once it has said no it says so to all that follow, without asking again, and whoever reports the work can see it. */
export interface WatchedPace {
  readonly proceed: () => Promise<boolean>;
  readonly stopped: () => boolean;
}

/** Watches a `proceed` from now on. */
export function watchedPace(proceed: Proceed): WatchedPace {
  let stopped = false;
  return {
    proceed: async () => {
      stopped ||= !(await proceed());
      return !stopped;
    },
    stopped: () => stopped,
  };
}
