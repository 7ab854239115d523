import { createChannel, createClientFactory, Metadata, Status } from 'nice-grpc';
import type { Channel, ChannelCredentials, ClientMiddleware } from 'nice-grpc';
import { deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import { retryMiddleware } from 'nice-grpc-client-middleware-retry';
import { proxyOptions } from './loopback.js';

/** How often and how patiently a request that met UNAVAILABLE is sent again. */
export interface RetryPolicy {
  /** How often a request is sent at most, the first time included; 1: never again. Default 6. */
  readonly attempts?: number | undefined;
  /** The first wait; it doubles from attempt to attempt, and each is shortened by up to a half at random. Default 100. */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait. Default 5,000. */
  readonly maxDelayMs?: number | undefined;
}

export interface ConnectOptions {
  readonly retry?: RetryPolicy | undefined;
  /** How long a call may take, retries included, unless it says so itself. Default: as long as it takes. */
  readonly deadlineMs?: number | undefined;
  /** The most images that one request carries; larger batches are sent as several. Default 100. */
  readonly maxBatch?: number | undefined;
  /** Default: none for `HOST:PORT` and `http://`, TLS with the system's roots for `https://`. */
  readonly credentials?: ChannelCredentials | undefined;
  /** Called before a request is sent again. */
  readonly onRetry?: ((message: string, delayMs: number) => void) | undefined;
}

/** Every call takes these. */
export interface CallOptions {
  /** Gives the call up: it fails with CANCELLED, and the service stops working on it. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take, retries included; a margin search answers with its best results shortly before. */
  readonly deadlineMs?: number | undefined;
}

/** The largest answer that is accepted: perturbations of a whole batch of large images. */
export const MAX_MESSAGE_BYTES = 256 * 2 ** 20;

const RETRY_DEFAULTS = { attempts: 6, baseDelayMs: 100, maxDelayMs: 5_000 };

export function retryPolicy(options: ConnectOptions): Record<keyof typeof RETRY_DEFAULTS, number> {
  const { attempts, baseDelayMs, maxDelayMs } = options.retry ?? {};
  return {
    attempts: attempts ?? RETRY_DEFAULTS.attempts,
    baseDelayMs: baseDelayMs ?? RETRY_DEFAULTS.baseDelayMs,
    maxDelayMs: maxDelayMs ?? RETRY_DEFAULTS.maxDelayMs,
  };
}

/** How long to wait before attempt `attempt + 1` (from 0): exponential, with the upper half at random. */
export function backoffMs(
  attempt: number,
  policy: { readonly baseDelayMs: number; readonly maxDelayMs: number },
): number {
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** attempt);
  return (full * (1 + Math.random())) / 2;
}

export function openChannel(address: string, options: ConnectOptions): Channel {
  const { baseDelayMs, maxDelayMs } = retryPolicy(options);
  return createChannel(address, options.credentials, {
    ...proxyOptions(address),
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    // A channel refuses calls while it waits to connect again, by default for a second at first: retries would all fall into that time.
    'grpc.initial_reconnect_backoff_ms': baseDelayMs,
    'grpc.max_reconnect_backoff_ms': maxDelayMs,
    // A watcher would wait for ever on a peer that vanished without closing the connection.
    'grpc.keepalive_time_ms': 60_000,
  });
}

interface AnnounceDeadlineOptions {
  /** When the call must have been answered, by `performance.now()`. */
  deadlineAtMs?: number | undefined;
}

/**
 * Tells the service how much time is left. nice-grpc's deadline middleware only cancels on expiry and sends no grpc-timeout header,
 * so a margin search could not know when to answer with what it has.
 */
const announceDeadlineMiddleware: ClientMiddleware<AnnounceDeadlineOptions> = async function* (call, options) {
  const { deadlineAtMs, ...rest } = options;
  if (deadlineAtMs === undefined) return yield* call.next(call.request, rest);
  const metadata = Metadata(options.metadata);
  // The header has at most eight digits.
  const leftMs = Math.min(Math.max(1, deadlineAtMs - performance.now()), 99_999_999);
  metadata.set('grpc-timeout', `${Math.ceil(leftMs)}m`);
  return yield* call.next(call.request, { ...rest, metadata });
};

/** Makes clients whose calls have deadlines and are retried when they say so. What is attached first is nearest to the wire. */
export function createPolicyFactory() {
  return createClientFactory().use(announceDeadlineMiddleware).use(retryMiddleware).use(deadlineMiddleware);
}

/** Whether a request may be sent again although the service may have received it. */
export type Repetition = 'repeatable' | 'once';

/** What a call is made with. */
export function policyOptions(connection: ConnectOptions, call: CallOptions | undefined, repetition: Repetition) {
  const { attempts, baseDelayMs, maxDelayMs } = retryPolicy(connection);
  const deadlineMs = call?.deadlineMs ?? connection.deadlineMs;
  return {
    ...(call?.signal === undefined ? {} : { signal: call.signal }),
    // A number is relative, and measured by a timer: the time of day may be set meanwhile.
    ...(deadlineMs === undefined ? {} : { deadline: deadlineMs, deadlineAtMs: performance.now() + deadlineMs }),
    retry: repetition === 'repeatable' && attempts > 1,
    retryMaxAttempts: attempts - 1,
    retryBaseDelayMs: baseDelayMs,
    retryMaxDelayMs: maxDelayMs,
    retryableStatuses: [Status.UNAVAILABLE],
    onRetryableError: (error: Error, _attempt: number, delayMs: number) => {
      connection.onRetry?.(error.message, delayMs);
    },
  };
}
