import { existsSync } from 'node:fs';

const USUAL_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Where a Chromium is installed: what MAXMARGIN_CHROMIUM says, or the usual places; undefined if nowhere. */
export function findChromium(): string | undefined {
  return process.env['MAXMARGIN_CHROMIUM'] ?? USUAL_PATHS.find((path) => existsSync(path));
}
