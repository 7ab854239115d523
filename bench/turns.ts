import type { Contestant } from './contestants/contestant.js';

/** How often what is timed. */
export interface TurnPlan {
  /** Runs before the first turn that are not counted. */
  readonly warmUps: number;
  readonly turns: number;
  /** Timed runs in a turn, of which the median counts. */
  readonly runsPerTurn: number;
}

/**
 * Times contestants in turns, so that whatever else the machine does meets all of them alike.
 *
 * @returns for each contestant, seconds a unit of work in each turn
 */
export async function inTurns(
  contestants: readonly Contestant[],
  { warmUps, turns, runsPerTurn }: TurnPlan,
  onTurn: (turn: number, seconds: readonly number[]) => void,
): Promise<readonly (readonly number[])[]> {
  const times: number[][] = contestants.map(() => []);
  for (const contestant of contestants) await contestant.warmUp(warmUps);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, contestant] of contestants.entries()) {
      // Who comes back from waiting has cold caches and sleeping threads; the peer's process does not count its first run either.
      if (contestants.length > 1) await contestant.warmUp(1);
      times[index]?.push(await contestant.turn(runsPerTurn));
    }
    onTurn(
      turn,
      times.map((own) => own[turn] ?? NaN),
    );
  }
  return times;
}
