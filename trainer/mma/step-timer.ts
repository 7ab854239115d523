import { median } from './quantiles.js';

/** How many of the last steps the median is of. */
const WINDOW = 51;

/** The median time of the last steps, in seconds: one slow step says nothing of the next. */
export interface StepTimer {
  readonly record: (seconds: number) => void;
  /** 0 before the first step. */
  median(): number;
}

export function stepTimer(): StepTimer {
  const times: number[] = [];
  return {
    record: (seconds) => {
      times.push(seconds);
      if (times.length > WINDOW) times.shift();
    },
    median: () => (times.length === 0 ? 0 : median(times)),
  };
}
