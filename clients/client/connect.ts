import { openChannel } from './call-policy.js';
import type { ConnectOptions } from './call-policy.js';
import { registryClient } from './registry-client.js';
import type { RegistryClient } from './registry-client.js';
import { robustnessClient } from './robustness-client.js';
import type { RobustnessClient } from './robustness-client.js';
import { trainingClient } from './training-client.js';
import type { TrainingClient } from './training-client.js';

/**
 * Both services as functions. A request that met UNAVAILABLE is sent again where that does no harm. Failures are RequestError,
 * or InvalidImagesError for images that cannot be sent.
 */
export interface MaxMarginClient extends RobustnessClient, RegistryClient, TrainingClient {
  /** Ends the connection; calls that are under way fail. */
  close(): void;
}

/**
 * Connects to a server or a trainer; the first call opens the connection.
 *
 *     const client = connect('localhost:50051');
 *     const { results } = await client.margins({ data: pixels, shape: [1, 28, 28, 1] }, { deadlineMs: 10_000 });
 *
 * @param address `HOST:PORT`, `http://HOST:PORT` or `https://HOST:PORT`
 */
export function connect(address: string, options: ConnectOptions = {}): MaxMarginClient {
  const channel = openChannel(address, options);
  return {
    ...robustnessClient(channel, options),
    ...registryClient(channel, options),
    ...trainingClient(channel, options),
    close: () => {
      channel.close();
    },
  };
}
