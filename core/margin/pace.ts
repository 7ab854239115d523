/**
 * Asked between the iterations of an attack, of short ones between every few, so that a search neither outlives its deadline nor keeps its process from reading messages.
 *
 * @returns false to stop: the search then ends with the best that it has
 */
export type Proceed = () => boolean | Promise<boolean>;

/** Never stops. */
export const unhurried: Proceed = () => true;
