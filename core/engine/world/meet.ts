import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { DomainError, messageOf } from '../../errors.js';
import type { Place } from './place.js';

// libtorch's own meeting blocks the thread until everyone is there, deaf to signals and silent. So the processes meet here first, at the same
// address, which is then left to libtorch.

/** How a process joins those that it trains with. */
export interface Joining {
  readonly place: Place;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Hears whom it waits for: at once, and whenever that changes. */
  readonly onWaiting?: (ranks: readonly number[]) => void;
}

/** Between two attempts to reach rank 0. */
const RETRY_MS = 250;
const MAX_LINE = 4096;

type Message = { readonly missing: readonly number[] } | { readonly complete: true } | { readonly refused: string };

/**
 * Waits until every process of a training is there. Where torchrun keeps the meeting point, it started all of them itself, and there is nothing to wait for.
 *
 * @throws DomainError `cancelled` if the signal ended it; `failed-precondition` naming the ranks that did not come within `place.timeoutMs`, or a
 *   process that has the same rank or counts another number of processes
 */
export async function meet({ place, signal, onWaiting = () => undefined }: Joining): Promise<void> {
  if (!place.ownStore) return;
  const timeout = AbortSignal.timeout(place.timeoutMs);
  const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let missing: readonly number[] = [];
  const tell = (ranks: readonly number[]): void => {
    if (String(ranks) !== String(missing)) onWaiting(ranks);
    missing = ranks;
  };
  try {
    await (place.rank === 0 ? receive(place, ended, tell) : arrive(place, ended, tell));
  } catch (error) {
    if (error instanceof DomainError) throw error;
    if (signal?.aborted === true) throw new DomainError('cancelled', 'training: stopped while it waited for others');
    const reason = timeout.aborted ? `within ${place.timeoutMs / 1000} s` : `(${messageOf(error)})`;
    throw new DomainError('failed-precondition', `training: ${absent(missing, place)} ${reason}`, { cause: error });
  }
}

/** `rank 1 of 4`, `ranks 1, 3 of 4` */
export const ranksOf = (ranks: readonly number[], { size }: Place): string =>
  `${ranks.length === 1 ? 'rank' : 'ranks'} ${ranks.join(', ')} of ${size}`;

const absent = (ranks: readonly number[], place: Place): string =>
  ranks.length === 0
    ? `the processes did not meet at ${place.host}:${place.port}`
    : `${ranksOf(ranks, place)} did not come to ${place.host}:${place.port}`;

/** What rank 0 does. */
async function receive(place: Place, signal: AbortSignal, tell: (ranks: readonly number[]) => void): Promise<void> {
  const arrived = new Map<number, Socket>();
  const all = Array.from({ length: place.size }, (_, rank) => rank);
  const missing = (): number[] => all.filter((rank) => rank !== place.rank && !arrived.has(rank));
  const sockets = new Set<Socket>();
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      const changed = (): void => {
        const ranks = missing();
        if (ranks.length === 0) resolve();
        else tell(ranks);
        for (const socket of arrived.values()) say(socket, { missing: ranks });
      };
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
      server.on('error', reject);
      server.on('connection', (socket) => {
        sockets.add(socket);
        // One that goes away has not come.
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          for (const [rank, known] of arrived) if (known === socket && arrived.delete(rank)) changed();
        });
        void greeted(socket, place).then((rank) => {
          if (typeof rank === 'number' && arrived.has(rank)) {
            say(socket, { refused: `another process is rank ${rank} of ${place.size} already` });
            socket.end();
          } else if (typeof rank === 'number') {
            arrived.set(rank, socket);
            changed();
          } else {
            say(socket, { refused: rank });
            socket.end();
          }
        });
      });
      server.listen(place.port, changed);
    });
    for (const socket of arrived.values()) say(socket, { complete: true });
  } finally {
    await closed(server, sockets);
  }
}

/** Says who is there. @returns the rank, or what is wrong with it */
async function greeted(socket: Socket, place: Place): Promise<number | string> {
  const line = await firstLine(socket);
  const [, prefix, rank, size] = /^(\S+) (\d+) (\d+)$/.exec(line) ?? [];
  if (prefix === undefined) return 'expected a process of this training';
  if (prefix !== place.prefix) return `expected processes of ${place.prefix}, got one of ${prefix}`;
  if (Number(size) !== place.size) return `WORLD_SIZE: expected ${place.size}, as rank 0 has it, got ${size ?? ''}`;
  return Number(rank) === 0 || Number(rank) >= place.size
    ? `expected a rank below ${place.size}, above 0`
    : Number(rank);
}

/** What every other rank does. */
async function arrive(place: Place, signal: AbortSignal, tell: (ranks: readonly number[]) => void): Promise<void> {
  for (;;) {
    const socket = connect({ host: place.host, port: place.port, signal });
    try {
      await once(socket, 'connect', { signal });
      if (await attend(socket, place, tell)) return;
    } catch (error) {
      if (signal.aborted || error instanceof DomainError) throw error;
    } finally {
      socket.destroy();
    }
    tell([0]);
    await pause(RETRY_MS, undefined, { signal });
  }
}

/** Hears from rank 0 until all are there. @returns false if the connection ended before */
async function attend(socket: Socket, place: Place, tell: (ranks: readonly number[]) => void): Promise<boolean> {
  socket.write(`${place.prefix} ${place.rank} ${place.size}\n`);
  for await (const line of createInterface(socket)) {
    const message = JSON.parse(line) as Message;
    if ('complete' in message) return true;
    if ('refused' in message)
      throw new DomainError('failed-precondition', `training: rank 0 refuses this process: ${message.refused}`);
    tell(message.missing);
  }
  return false;
}

function say(socket: Socket, message: Message): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

/** The first line that a stranger sends, or what of it there is once it ends or is too long. */
async function firstLine(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  return new Promise((resolve) => {
    const done = (): void => {
      resolve(text.split('\n')[0] ?? '');
    };
    socket.on('data', (more: string) => {
      if (text.length > MAX_LINE || text.includes('\n')) return;
      text += more;
      if (text.includes('\n') || text.length > MAX_LINE) done();
    });
    socket.on('close', done);
  });
}

/** Lets what was said arrive, and frees the port. */
async function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) {
    socket.end();
    socket.setTimeout(1000, () => socket.destroy());
  }
  if (!server.listening) return;
  const over = once(server, 'close');
  server.close();
  await over;
}
