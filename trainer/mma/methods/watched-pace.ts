import type { Proceed } from '../../../core/margin/pace.js';

/** A `proceed` that remembers whether it ever said no. */
export function watchedPace(proceed: Proceed): { readonly proceed: Proceed; readonly stopped: () => boolean } {
  let stopped = false;
  return {
    proceed: async () => {
      stopped ||= !(await proceed());
      return !stopped;
    },
    stopped: () => stopped,
  };
}
