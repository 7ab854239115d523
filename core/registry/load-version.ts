import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDirectory } from '../durable/is-directory.js';
import { checked, parseJson } from '../checked-json.js';
import { DomainError, messageOf } from '../errors.js';
import { oneOf } from '../nearest-names.js';
import { readLayersModel } from '../model/layers-model.js';
import { dataLoss, readBoundedFile } from './bounded-file.js';
import { manifestSchema } from './manifest-schema.js';
import { HISTORY_FILE, MANIFEST_FILE, type Manifest } from './manifest.js';
import type { PublishedVersion } from './registry.js';

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_FILE_BYTES = 1024 ** 3;
const MODEL_FILES = ['model.json', 'weights.bin'] as const;

/**
 * Reads a version's manifest.
 *
 * @param place where the version lies, and what its manifest must therefore say
 * @throws not-found; data-loss
 */
export async function readManifest(place: VersionPlace): Promise<Manifest> {
  const file = join(place.directory, MANIFEST_FILE);
  const bytes = (await isDirectory(place.directory)) ? await readBoundedFile(file, MAX_MANIFEST_BYTES) : undefined;
  if (bytes === undefined) throw versionNotFound(place);
  const manifest = checked(parseJson(bytes, file), manifestSchema, `${file}: `);
  if (manifest.name !== place.name) throw dataLoss(`${file}: name`, place.name, manifest.name);
  if (manifest.version !== place.version) throw dataLoss(`${file}: version`, `${place.version}`, `${manifest.version}`);
  for (const name of MODEL_FILES) {
    if (!Object.hasOwn(manifest.files, name)) throw dataLoss(`${file}: files`, name, 'none of that name');
  }
  return manifest;
}

/** A version's place in the registry. */
export interface VersionPlace {
  readonly name: string;
  readonly version: number;
  readonly directory: string;
}

/** Reads a version, every file of it checked against the manifest. @throws not-found; data-loss */
export async function loadVersion(place: VersionPlace): Promise<PublishedVersion> {
  const manifest = await readManifest(place);
  const files = new Map<string, Buffer>();
  for (const [name, expected] of Object.entries(manifest.files)) {
    files.set(name, await readVerified(place, name, expected));
  }
  const [modelJson, weightsBin] = MODEL_FILES.map((name) => files.get(name) ?? Buffer.alloc(0));
  let model;
  try {
    model = readLayersModel({
      'model.json': modelJson ?? Buffer.alloc(0),
      'weights.bin': weightsBin ?? Buffer.alloc(0),
    });
  } catch (error) {
    throw new DomainError('data-loss', `${place.directory}: ${messageOf(error)}`, { cause: error });
  }
  const { inputShape, classes } = model.architecture;
  const file = join(place.directory, MANIFEST_FILE);
  if (manifest.inputShape.join() !== inputShape.join()) {
    throw dataLoss(`${file}: inputShape`, `[${inputShape.join(', ')}]`, `[${manifest.inputShape.join(', ')}]`);
  }
  if (manifest.labels.length !== classes) {
    throw dataLoss(`${file}: labels`, `${classes}, one per class`, `${manifest.labels.length}`);
  }
  return { manifest, ...model };
}

/** Reads how a version was trained. @returns undefined where a version has none @throws not-found; data-loss */
export async function readHistory(place: VersionPlace): Promise<unknown> {
  const { files } = await readManifest(place);
  const expected = files[HISTORY_FILE];
  if (expected === undefined) return undefined;
  const bytes = await readVerified(place, HISTORY_FILE, expected);
  return parseJson(bytes, join(place.directory, HISTORY_FILE));
}

/** @param versions those that there are, where that is known */
export function versionNotFound(
  { name, version }: Omit<VersionPlace, 'directory'>,
  versions: readonly number[] = [],
): DomainError {
  const published = versions.length === 0 ? 'one that is published' : oneOf(versions.map(String), `${version}`);
  return new DomainError('not-found', `model ${name}: version: expected ${published}, got ${version}`);
}

async function readVerified(
  place: VersionPlace,
  name: string,
  { sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: string },
): Promise<Buffer> {
  const file = join(place.directory, name);
  const bytes = await readBoundedFile(file, MAX_FILE_BYTES, sizeBytes);
  if (bytes === undefined) {
    // Deleted while it was being read.
    if (!(await isDirectory(place.directory))) throw versionNotFound(place);
    throw dataLoss(file, `${sizeBytes} bytes`, 'no such file');
  }
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== sha256) throw dataLoss(file, `SHA-256 ${sha256}`, got);
  return bytes;
}
