import { DomainError, messageOf } from '../core/errors.js';
import { monotonicMs } from '../core/monotonic-clock.js';
import type { Manifest } from '../core/registry/manifest.js';
import type { RegisteredModel, Registry } from '../core/registry/registry.js';
import type { Log } from '../host/log.js';
import type { ServerMetrics } from './metrics.js';
import { keyText, type VersionKey } from '../core/registry/registry.js';
import type { Predictor } from './predictor/predictor.js';

/** A version in memory. */
export interface Resident {
  readonly key: VersionKey;
  readonly manifest: Manifest;
}

/** Whether a version can answer. */
export type VersionState =
  { readonly state: 'available' | 'loading' | 'ready' } | { readonly state: 'failed'; readonly reason: string };

/** A version that was refused is tried again after so long. */
const RETRY_REFUSED_MS = 30_000;

export interface ResidentsOptions {
  readonly registry: Registry;
  readonly predictor: Predictor;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly keepNamed: number;
}

/** The versions in memory, and who holds them there. */
export interface Residents {
  /** A version, loaded if it is not yet; it stays until it is let go as often as it was held. @throws what loading throws */
  hold(key: VersionKey): Promise<Resident>;
  letGo(resident: Resident): void;
  /** Keeps a version that a request named, in place of the one that was named longest ago. */
  remember(resident: Resident): void;
  state(key: VersionKey): VersionState;
  /** @throws unavailable while the version is loading, and the reason if it was refused */
  assertReady(key: VersionKey): void;
  /** Why the version was refused, if that was lately; after a while it is tried again, since its files may have been restored. */
  refusal(key: VersionKey): Error | undefined;
  /** Forgets refusals and memories of versions that are no more. */
  prune(models: readonly RegisteredModel[]): void;
}

interface Entry {
  readonly loading: Promise<Resident>;
  loaded: boolean;
  holders: number;
}

export function createResidents(options: ResidentsOptions): Residents {
  const { registry, predictor, log, metrics } = options;
  const entries = new Map<string, Entry>();
  const refusals = new Map<string, { readonly error: Error; readonly atMs: number }>();
  /** Versions that requests named, the latest last; each holds its version once. */
  const remembered = new Map<string, Resident>();

  const refusal = (key: VersionKey): Error | undefined => {
    const known = refusals.get(keyText(key));
    return known !== undefined && monotonicMs() - known.atMs < RETRY_REFUSED_MS ? known.error : undefined;
  };

  const load = async (key: VersionKey): Promise<Resident> => {
    const manifest = await registry.manifest(key.name, key.version);
    const durationMs = await predictor.load(key);
    metrics.modelLoad.observe({ model: key.name }, durationMs / 1_000);
    metrics.showModel(manifest);
    log.info({ model: key.name, version: key.version, durationMs: Math.round(durationMs) }, 'version loaded');
    return { key, manifest };
  };

  const hold = async (key: VersionKey): Promise<Resident> => {
    const text = keyText(key);
    let entry = entries.get(text);
    if (entry === undefined) {
      const refused = refusal(key);
      if (refused !== undefined) throw refused;
      entry = { loading: load(key), loaded: false, holders: 0 };
      entries.set(text, entry);
    }
    entry.holders++;
    try {
      const resident = await entry.loading;
      entry.loaded = true;
      refusals.delete(text);
      return resident;
    } catch (error) {
      if (entries.get(text) === entry) {
        entries.delete(text);
        // A worker that died says nothing about the version.
        if (!(error instanceof DomainError && error.kind === 'unavailable')) {
          refusals.set(text, {
            error: error instanceof Error ? error : new Error(messageOf(error)),
            atMs: monotonicMs(),
          });
          metrics.modelRefusals.add({ model: key.name });
        }
      }
      throw error;
    }
  };

  const letGo = ({ key }: Resident): void => {
    const text = keyText(key);
    const entry = entries.get(text);
    if (entry === undefined || --entry.holders > 0) return;
    entries.delete(text);
    predictor.unload(key);
    metrics.forgetModel(key.name, key.version);
    log.info({ model: key.name, version: key.version }, 'version unloaded');
  };

  const state = (key: VersionKey): VersionState => {
    const entry = entries.get(keyText(key));
    if (entry !== undefined) return { state: entry.loaded ? 'ready' : 'loading' };
    const refused = refusals.get(keyText(key));
    if (refused === undefined) return { state: 'available' };
    return { state: 'failed', reason: refused.error.message.split('\n')[0] ?? '' };
  };

  return {
    hold,
    letGo,
    remember: (resident) => {
      const text = keyText(resident.key);
      const known = remembered.delete(text);
      remembered.set(text, resident);
      const entry = entries.get(text);
      if (!known && entry !== undefined) entry.holders++;
      for (const [oldest, old] of remembered) {
        if (remembered.size <= options.keepNamed) break;
        remembered.delete(oldest);
        letGo(old);
      }
    },
    state,
    assertReady: (key) => {
      const { state: now } = state(key);
      if (now === 'ready') return;
      throw refusal(key) ?? new DomainError('unavailable', `model ${keyText(key)} is being loaded; try again`);
    },
    refusal,
    prune: (models) => {
      const exists = new Set(
        models.flatMap(({ name, versions }) => versions.map((version) => keyText({ name, version }))),
      );
      for (const text of refusals.keys()) if (!exists.has(text)) refusals.delete(text);
      for (const [text, resident] of remembered) {
        if (exists.has(text)) continue;
        remembered.delete(text);
        letGo(resident);
      }
    },
  };
}
