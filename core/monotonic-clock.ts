/**
 * Milliseconds of the machine's monotonic clock: they never jump, and mean the same in all processes of the machine. Durations and deadlines are measured
 * by it; the time of day is for people alone.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
