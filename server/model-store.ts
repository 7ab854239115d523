import { DomainError, invalidInput, messageOf } from '../core/errors.js';
import { oneOf } from '../core/nearest-names.js';
import type { Manifest } from '../core/registry/manifest.js';
import type { RegisteredModel, Registry } from '../core/registry/registry.js';
import type { Log } from '../host/log.js';
import type { ServerMetrics } from './metrics.js';
import type { VersionKey } from '../core/registry/registry.js';
import type { Predictor } from './predictor/predictor.js';
import { createResidents, type Resident, type VersionState } from './residents.js';

/** The alias that a request without version and alias means. */
const DEFAULT_ALIAS = 'champion';

/** Which version a request is for. */
export interface ModelChoice {
  /** Empty: the server's default model, else the only one there is. */
  readonly name: string;
  readonly selector: { readonly version: number } | { readonly alias: string } | undefined;
}

/** A version that is in memory and stays there until it is given back. */
export interface Lease extends VersionKey {
  readonly manifest: Manifest;
  release(): void;
}

export interface ModelStoreOptions {
  readonly registry: Registry;
  readonly predictor: Predictor;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** Models whose aliases are kept in memory; empty: all. */
  readonly keep: readonly string[];
  /** The model of requests that name none; empty: the only one there is. */
  readonly defaultModel: string;
  /** Versions that stay in memory after a request named them. */
  readonly keepNamed: number;
  readonly pollIntervalMs: number;
}

/** Follows the registry: what aliases point to is in memory before it answers. */
export interface ModelStore {
  /**
   * The version that answers a request, held in memory.
   *
   * @throws failed-precondition, not-found, unavailable, invalid-input, data-loss
   */
  acquire(choice: ModelChoice): Promise<Lease>;
  /** The version that a choice names, whether or not it is in memory. @throws like acquire */
  find(choice: ModelChoice): Promise<VersionKey>;
  /** All models, as the registry has them now. */
  models(): Promise<readonly RegisteredModel[]>;
  state(key: VersionKey): VersionState;
  /** Looks at the registry now instead of at the next poll. */
  refresh(): Promise<void>;
  /** Whether a version is in memory to answer, and if not why. */
  readiness(): { readonly ready: true } | { readonly ready: false; readonly reason: string };
  /** Called when readiness may have changed. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export function openModelStore(options: ModelStoreOptions): ModelStore {
  const { registry, log, metrics } = options;
  const residents = createResidents(options);
  /** model → alias → the version that answers for it. */
  const serving = new Map<string, Map<string, Resident>>();
  const listeners: (() => void)[] = [];
  let models: readonly RegisteredModel[] = [];
  let looked = false;
  let problem: string | undefined;
  /** What was last said of a model that cannot be read. */
  let unreadable: ReadonlyMap<string, string> = new Map();
  let closed = false;

  const keeps = (name: string): boolean => options.keep.length === 0 || options.keep.includes(name);

  /** Looks what is registered. A model that cannot be read now stays as it was: damage of its files must not end what answers. */
  const survey = async (): Promise<void> => {
    const found = await registry.survey();
    for (const { name, problem: said } of found.unreadable) {
      if (unreadable.get(name) !== said) log.error({ model: name, problem: said }, 'model cannot be read');
    }
    unreadable = new Map(found.unreadable.map(({ name, problem: said }) => [name, said]));
    metrics.showUnreadable([...unreadable.keys()]);
    models = [...found.models, ...models.filter(({ name }) => unreadable.has(name))].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    metrics.knowModels(models.map(({ name }) => name));
  };
  const nothingPublished = (): string => [...unreadable.values()][0] ?? 'no model is published';

  /** Makes an alias answer with a version, once that is in memory. */
  const follow = async (name: string, alias: string, version: number): Promise<void> => {
    const before = serving.get(name)?.get(alias);
    if (before?.key.version === version) return;
    if (residents.refusal({ name, version }) !== undefined) return;
    let resident: Resident;
    try {
      resident = await residents.hold({ name, version });
    } catch (error) {
      log.error({ model: name, alias, version, serving: before?.key.version, err: error }, 'version refused');
      return;
    }
    const aliases = serving.get(name) ?? new Map<string, Resident>();
    aliases.set(alias, resident);
    serving.set(name, aliases);
    metrics.aliasVersion.set({ model: name, alias }, version);
    log.info({ model: name, alias, version, before: before?.key.version }, 'alias switched');
    if (before !== undefined) residents.letGo(before);
  };

  /** Drops what the registry no longer has. */
  const forget = (): void => {
    for (const [name, aliases] of serving) {
      const model = models.find((each) => each.name === name);
      for (const [alias, resident] of aliases) {
        if (model?.aliases[alias] !== undefined && keeps(name)) continue;
        aliases.delete(alias);
        metrics.aliasVersion.forget({ model: name, alias });
        log.info({ model: name, alias }, 'alias dropped');
        residents.letGo(resident);
      }
      if (aliases.size === 0) serving.delete(name);
    }
  };

  const look = async (): Promise<void> => {
    await survey();
    const targets = models
      .filter(({ name }) => keeps(name))
      .flatMap(({ name, aliases }) => Object.entries(aliases).map(([alias, version]) => ({ name, alias, version })));
    await Promise.all(targets.map(({ name, alias, version }) => follow(name, alias, version)));
    forget();
    residents.prune(models);
    looked = true;
    problem = undefined;
  };

  // One look at a time; who asks during one gets the next, which sees what he has just changed.
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const attempt = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      problem = `the registry cannot be read: ${messageOf(error)}`;
      log.error({ err: error }, 'the registry cannot be read');
    }
    for (const listener of listeners) listener();
  };
  const refresh = (): Promise<void> => {
    if (running === undefined) {
      running = attempt().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running.then(() => {
      next = undefined;
      return refresh();
    });
    return next;
  };
  let timer: NodeJS.Timeout | undefined;
  const poll = async (): Promise<void> => {
    await refresh();
    if (!closed) timer = setTimeout(() => void poll(), options.pollIntervalMs);
  };
  const polling = poll();

  const modelOf = async (name: string): Promise<RegisteredModel> => {
    const asked = name === '' ? options.defaultModel : name;
    const known = asked === '' && models.length === 1 ? models[0] : models.find((model) => model.name === asked);
    if (known !== undefined) return known;
    // The registry says what is wrong with the name, or knows a model that was published since the last look.
    await survey();
    if (models.length === 0) throw new DomainError('failed-precondition', nothingPublished());
    if (name !== '') return registry.model(name);
    const choices = models.map((model) => model.name).join(', ');
    if (asked !== '') {
      const found = models.find((model) => model.name === asked);
      if (found !== undefined) return found;
      const message = `the request names no model, and the server's default model ${asked} is not published; there are: ${choices}`;
      throw new DomainError('failed-precondition', message);
    }
    const [only, ...others] = models;
    if (only !== undefined && others.length === 0) return only;
    throw invalidInput('model.name', `one of ${choices}, since the server has no default model`, 'none');
  };

  const find = async ({ name, selector }: ModelChoice): Promise<VersionKey> => {
    let model = await modelOf(name);
    if (selector !== undefined && 'version' in selector) {
      const { version } = selector;
      if (version < 1) throw invalidInput('model.version', 'a version number from 1', String(version));
      if (!model.versions.includes(version)) model = await registry.model(model.name);
      if (!model.versions.includes(version)) throw noSuch(model, 'version', `${version}`, model.versions.map(String));
      return { name: model.name, version };
    }
    const alias = selector?.alias ?? DEFAULT_ALIAS;
    const served = serving.get(model.name)?.get(alias);
    if (served !== undefined) return served.key;
    model = await registry.model(model.name);
    const version = Object.hasOwn(model.aliases, alias) ? model.aliases[alias] : undefined;
    if (version !== undefined) return { name: model.name, version };
    if (selector !== undefined) throw noSuch(model, 'alias', JSON.stringify(alias), Object.keys(model.aliases));
    const message = `model ${model.name}: no alias ${DEFAULT_ALIAS} is set, and the request names no version or alias`;
    throw new DomainError('failed-precondition', message);
  };

  const lease = async (loading: Promise<Resident>): Promise<Lease> => {
    const resident = await loading;
    let held = true;
    return {
      ...resident.key,
      manifest: resident.manifest,
      release: () => {
        if (held) residents.letGo(resident);
        held = false;
      },
    };
  };

  return {
    find,
    acquire: async (choice) => {
      const { selector } = choice;
      const model = await modelOf(choice.name);
      const alias = selector === undefined ? DEFAULT_ALIAS : 'alias' in selector ? selector.alias : undefined;
      const served = alias === undefined ? undefined : serving.get(model.name)?.get(alias);
      // Held in the same breath as it was found: a switch must not unload it in between.
      if (served !== undefined) return lease(residents.hold(served.key));
      const key = await find(choice);
      // An alias answers with what is in memory, and until then says so; whoever names a version waits for it.
      if (alias !== undefined && keeps(key.name)) residents.assertReady(key);
      const loading = residents.hold(key);
      residents.remember(await loading);
      return lease(loading);
    },
    models: async () => {
      await survey();
      return models;
    },
    state: (key) => residents.state(key),
    refresh,
    readiness: () => {
      if (problem !== undefined && serving.size === 0) return { ready: false, reason: problem };
      if (!looked) return { ready: false, reason: 'models are being loaded' };
      if (!options.predictor.ready) return { ready: false, reason: 'no worker is running' };
      if (serving.size > 0) return { ready: true };
      const reason = models.length === 0 ? nothingPublished() : 'no alias points to a version that can be loaded';
      return { ready: false, reason };
    },
    onChange: (listener) => {
      listeners.push(listener);
      options.predictor.onChange(listener);
    },
    close: async () => {
      closed = true;
      await polling;
      clearTimeout(timer);
      await (next ?? running);
    },
  };
}

const noSuch = (model: RegisteredModel, what: string, asked: string, choices: readonly string[]): DomainError => {
  const expected = choices.length === 0 ? 'none, since there are none' : oneOf(choices, asked);
  return new DomainError('not-found', `model ${model.name}: ${what}: expected ${expected}, got ${asked}`);
};
