import { createServer } from 'node:net';
import { CommandFailure } from '../report-failure.js';

/** Where both services listen. */
export interface Ports {
  readonly server: number;
  readonly trainer: number;
  readonly serverHttp: number;
  readonly trainerHttp: number;
}

const DEFAULTS: Ports = { server: 50051, trainer: 50052, serverHttp: 8081, trainerHttp: 8082 };

/** The usual ports, or four in a row from `base`; 0: whichever are free. */
export function choosePorts(base: number | undefined): Ports {
  if (base === undefined) return DEFAULTS;
  if (base === 0) return { server: 0, trainer: 0, serverHttp: 0, trainerHttp: 0 };
  return { server: base, trainer: base + 1, serverHttp: base + 2, trainerHttp: base + 3 };
}

/** @throws CommandFailure naming the port that somebody else listens on */
export async function refuseUsedPorts(host: string, ports: Ports): Promise<void> {
  for (const port of Object.values(ports) as number[]) {
    const problem = await tryPort(host, port);
    if (problem === 'EADDRINUSE') {
      const advice = 'Stop what uses it, perhaps another maxmargin, or choose other ports: --port-base 51000.';
      throw new CommandFailure(`Port ${port} of ${host} is in use. ${advice}`);
    }
    if (problem !== undefined) throw new CommandFailure(`Port ${port} of ${host} cannot be used: ${problem}`);
  }
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createServer();
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    socket.listen({ host, port, exclusive: true }, () => {
      socket.close(() => {
        resolve(undefined);
      });
    });
  });
}
