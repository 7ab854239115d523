import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createChannel, type Channel } from 'nice-grpc';
import { remembered } from './started-processes.js';

const ENTRY = fileURLToPath(new URL('../../server/main.js', import.meta.url));

/** One line of a service's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A margin server in a process of its own. */
export interface ServerProcess {
  readonly process: ChildProcess;
  readonly channel: Channel;
  readonly address: string;
  readonly httpAddress: string;
  readonly lines: readonly LogLine[];
  /** The first line, past or future, that fits. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** The answer's status and text. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  /** The value of a series in /metrics, the labels as a part of its text; 0 if it is not there. */
  metric(name: string, labels?: string): Promise<number>;
  /** Ends it by SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts a server on free ports and waits until it listens. */
export async function startServer(registry: string, ...flags: readonly string[]): Promise<ServerProcess> {
  const fixed = ['--registry', registry, '--address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
  const child = remembered(
    spawn(process.execPath, ['--enable-source-maps', ENTRY, ...fixed, '--poll-seconds', '0.1', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const lines: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    for (const listener of listeners) listener(line);
  });
  const line = (fits: (line: LogLine) => boolean): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const known = lines.find(fits);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const listen = (next: LogLine): void => {
        if (!fits(next)) return;
        listeners.delete(listen);
        resolve(next);
      };
      listeners.add(listen);
      child.once('exit', (code) => {
        reject(new Error(`the server ended with ${String(code)}: ${JSON.stringify(lines.slice(-5))}`));
      });
    });
  const { address, httpAddress } = (await line(({ msg }) => msg === 'listening')) as unknown as {
    address: string;
    httpAddress: string;
  };
  const channel = createChannel(address);
  const get = async (path: string) => {
    const response = await fetch(`http://${httpAddress}${path}`);
    return { status: response.status, body: await response.text() };
  };
  return {
    process: child,
    channel,
    address,
    httpAddress,
    lines,
    line,
    get,
    metric: async (name, labels = '') => {
      const { body } = await get('/metrics');
      const found = body
        .split('\n')
        .find((each) => (each.startsWith(`${name}{`) || each.startsWith(`${name} `)) && each.includes(labels));
      return Number(found?.split(' ').at(-1) ?? 0);
    },
    stop: async () => {
      channel.close();
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }
      return child.exitCode;
    },
  };
}
