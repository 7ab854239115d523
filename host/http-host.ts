import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';

/** Whether the service takes calls, and why not. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** The HTTP side of a service: `/metrics`, `/healthz` (the process lives), `/readyz` (it takes calls). */
export interface HttpHost {
  /** @param address HOST:PORT @returns the port, chosen by the system where 0 was asked for */
  listen(address: string): Promise<number>;
  close(): Promise<void>;
}

/** The HTTP side of a service; not yet listening. */
export function createHttpHost(metrics: Metrics, readiness: () => Readiness): HttpHost {
  const send = (response: ServerResponse, status: number, body: string, contentType = 'text/plain; charset=utf-8') => {
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(body);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, 'GET or HEAD only\n');
      return;
    }
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        send(response, 200, await metrics.text(), metrics.contentType);
        return;
      case '/healthz':
        send(response, 200, 'alive\n');
        return;
      case '/readyz': {
        const state = readiness();
        send(response, state.ready ? 200 : 503, state.ready ? 'ready\n' : `${state.reason}\n`);
        return;
      }
      default:
        send(response, 404, 'there are /metrics, /healthz and /readyz\n');
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      send(response, 500, 'an unforeseen error\n');
    });
  });

  return {
    listen: async (address) => {
      const colon = address.lastIndexOf(':');
      server.listen({ host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) });
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
