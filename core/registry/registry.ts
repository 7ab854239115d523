import type { Architecture } from '../model/architecture.js';
import type { HostTensors } from '../model/host-tensors.js';
import type { Manifest, OnnxCheck } from './manifest.js';

/** A version of a model. */
export interface VersionKey {
  readonly name: string;
  /** From 1. */
  readonly version: number;
}

/** A version as one string, for maps and for people. */
export const keyText = ({ name, version }: VersionKey): string => `${name}/${version}`;

/** A model and what is published of it. */
export interface RegisteredModel {
  readonly name: string;
  /** Ascending. */
  readonly versions: readonly number[];
  /** alias → version. */
  readonly aliases: Readonly<Record<string, number>>;
}

/** What a registry holds at one moment, each by name. */
export interface Survey {
  readonly models: readonly RegisteredModel[];
  /** Models whose directory or aliases cannot be read, and why. They may have been readable before and may be again. */
  readonly unreadable: readonly { readonly name: string; readonly problem: string }[];
}

/** Which version: by number, or by alias; neither: the alias champion. */
export type VersionSelector =
  | { readonly version: number }
  | { readonly alias: string }
  | { readonly version?: undefined; readonly alias?: undefined };

/** A version whose files have been checked against its manifest. */
export interface PublishedVersion {
  readonly manifest: Manifest;
  readonly architecture: Architecture;
  /** Parameters and statistics together, by name. */
  readonly weights: HostTensors;
}

/** What is to be published; the registry adds name, version, time and checksums. */
export interface Publication {
  readonly architecture: Architecture;
  readonly weights: HostTensors;
  /** How it was trained, as JSON. */
  readonly history?: unknown;
  readonly manifest: Omit<
    Manifest,
    'format' | 'name' | 'version' | 'publishTime' | 'codeVersion' | 'files' | 'inputShape' | 'architecture' | 'onnx'
  >;
}

/**
 * Writes the LayersModel in a directory as an ONNX model, too, synced, and runs both.
 *
 * @param file the name of the new file
 * @returns how it was checked
 * @throws internal if they differ
 */
export type WriteOnnx = (
  directory: string,
  file: string,
  about: Pick<Manifest, 'bounds' | 'labels' | 'threatModel'>,
) => Promise<OnnxCheck>;

/** Models on disk: immutable versions and aliases that move. Many processes may use one root at a time. */
export interface Registry {
  readonly root: string;
  /** All models; what is half-written is left out. */
  survey(): Promise<Survey>;
  /** The models of a survey: what is unreadable is left out, too. */
  listModels(): Promise<readonly RegisteredModel[]>;
  /** @throws not-found */
  model(name: string): Promise<RegisteredModel>;
  /** @throws not-found; failed-precondition when nothing is published, or no alias champion is set and none was named */
  resolve(name: string, selector: VersionSelector): Promise<number>;
  /** @throws not-found; data-loss if the manifest cannot be read or contradicts its place */
  manifest(name: string, version: number): Promise<Manifest>;
  /** @throws not-found; data-loss if a file is missing, has another length or checksum, or lies outside the version */
  load(name: string, version: number): Promise<PublishedVersion>;
  /**
   * How a version was trained, as it was published.
   *
   * @returns undefined where a version has none
   * @throws not-found; data-loss if the file is missing, has another length or checksum, or is no JSON
   */
  history(name: string, version: number): Promise<unknown>;
  /** Publishes atomically, with `model.onnx` beside the weights. @returns the new version number, one above the highest ever used */
  publish(name: string, publication: Publication): Promise<number>;
  /**
   * Compare-and-set, once the files of the version have been checked.
   *
   * @param expected the version it must point to now; 0: it must not exist; undefined: whatever
   * @throws aborted, not-found; data-loss as `load`
   */
  setAlias(name: string, alias: string, version: number, expected?: number): Promise<RegisteredModel>;
  /**
   * Undoes the last move of an alias, and the one before it when it is called again: it points to the version that it pointed to before, whose files
   * have been checked. Versions that have been deleted meanwhile are passed over.
   *
   * @param expected as of `setAlias`
   * @throws failed-precondition if there was no other; aborted, not-found; data-loss as `load`
   */
  rollbackAlias(name: string, alias: string, expected?: number): Promise<RegisteredModel>;
  /** @throws failed-precondition if an alias points to it; not-found */
  deleteVersion(name: string, version: number): Promise<void>;
}
