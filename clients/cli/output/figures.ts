/** A distance, a loss or another figure with four decimals, enough to tell pixels' 256 levels apart. */
export const figure = (value: number): string => value.toFixed(4);

/** A share from 0 to 1 in percent. */
export const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;

/** An interval of shares as `34.7–53.8 %`. */
export const interval = ([lower, upper]: readonly [number, number]): string =>
  `${(100 * lower).toFixed(1)}–${percent(upper)}`;

/** Seconds as `0:07`, `12:34` or `3:02:01`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const pair = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
}

/** A moment to the second, in UTC. */
export const moment = (time: Date | undefined): string =>
  time === undefined ? '–' : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
