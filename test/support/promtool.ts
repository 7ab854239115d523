import { spawnSync } from 'node:child_process';
import { installed } from './installed.js';

/** Why tests that ask promtool are skipped, for their titles; empty if it is installed (Debian has it in the package prometheus). */
export const NO_PROMTOOL = installed('promtool') ? '' : ' (skipped: promtool is not installed)';

/** Runs promtool. @returns what it complains about; empty if it passes */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return status === 0 && stderr === '' ? '' : `${stdout}${stderr}` || `ended with ${String(status)}`;
}

/** What `promtool check metrics` says of a page of /metrics; empty if nothing. */
export const lintMetrics = (page: string): string => promtool(['check', 'metrics'], page);
