const LOOPBACK = /^(localhost|[a-z0-9.-]+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?|)$/i;

/** Whether an address is of this machine: HOST:PORT, with or without http:// or https://, or a socket's path. */
export function isLoopback(address: string): boolean {
  const target = address.replace(/^(https?|dns):\/*/, '');
  return target.startsWith('unix:') || LOOPBACK.test(target.replace(/:\d+$/, ''));
}

/** Options of a channel to an address: what is on this machine never goes through a proxy that the environment names. */
export const proxyOptions = (address: string): { readonly 'grpc.enable_http_proxy': 0 | 1 } => ({
  'grpc.enable_http_proxy': isLoopback(address) ? 0 : 1,
});
