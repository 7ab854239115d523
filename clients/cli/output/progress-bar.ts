/** Where progress is shown. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** One line that shows how far something is. */
export interface ProgressBar {
  /** @param share 0 to 1 */
  update(title: string, fraction: number, figures: string): void;
  /** Takes the line away, so that other output can follow; the next update draws it again. */
  clear(): void;
}

const BAR_WIDTH = 24;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Terminals over slow lines need no more. */
const REDRAW_MS = 80;

/** On a terminal a line that is redrawn in place; elsewhere (a file, a pipe, a log) a line at each title's first time and at every tenth. */
export function progressBar(stream: ProgressStream = process.stderr): ProgressBar {
  return stream.isTTY === true ? terminalBar(stream) : plainLines(stream);
}

function terminalBar(stream: ProgressStream): ProgressBar {
  let drawnAt = -Infinity;
  let drawn = '';
  return {
    update: (title, fraction, figures) => {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS && fraction < 1 && drawn === title) return;
      [drawnAt, drawn] = [now, title];
      const line = `${title.padEnd(11)} ${bar(fraction)} ${figures}`;
      // One column less than there are: some terminals break a line that fills the last one.
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
    },
    clear: () => {
      if (drawn !== '') stream.write('\r\x1b[2K');
      [drawnAt, drawn] = [-Infinity, ''];
    },
  };
}

function plainLines(stream: ProgressStream): ProgressBar {
  const titles = new Set<string>();
  let tenth = -1;
  return {
    update: (title, fraction, figures) => {
      const reached = Math.floor(10 * fraction);
      if (titles.has(title) && reached === tenth) return;
      titles.add(title);
      tenth = reached;
      stream.write(`${title} ${figures}\n`);
    },
    clear: () => undefined,
  };
}

function bar(fraction: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH * 8);
  const full = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return `▕${full.padEnd(BAR_WIDTH)}▏`;
}
