import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checked } from '../checked-json.js';
import { CODE_VERSION } from '../code-version.js';
import { isErrno } from '../durable/errno.js';
import { makeDirectory, replaceFile, syncDirectory, temporaryName, writeSynced } from '../durable/durable-files.js';
import { DomainError, invalidInput } from '../errors.js';
import { writeLayersModel } from '../model/layers-model.js';
import { MAX_MANIFEST_BYTES } from './load-version.js';
import { manifestSchema } from './manifest-schema.js';
import { HISTORY_FILE, MANIFEST_FILE, MANIFEST_FORMAT, ONNX_FILE, type Manifest, type OnnxCheck } from './manifest.js';
import { readModelDirectory, type ModelDirectory } from './model-state.js';
import type { Publication, WriteOnnx } from './registry.js';
import { sweep } from './sweep.js';

/**
 * Publishes a version: everything is written and synced in a temporary directory, which then gets the next free number as its name. A reader
 * sees all of it or nothing, and of several publishers one gets a number and the others the next ones.
 *
 * @param directory the model's
 * @returns the version
 * @throws invalid-input; internal if the ONNX model is not the same model
 */
export async function publishVersion(
  directory: string,
  name: string,
  publication: Publication,
  writeOnnx: WriteOnnx,
): Promise<number> {
  const { architecture, weights, history } = publication;
  const files: Record<string, Uint8Array> = {
    ...writeLayersModel(architecture, weights),
    ...(history !== undefined && { [HISTORY_FILE]: Buffer.from(`${JSON.stringify(history)}\n`) }),
  };
  // Checked before anything is on the disk; the number is not known yet, and any will do.
  manifestText(describe(name, 1, publication, { files: filesOf(files) }, undefined), publication);
  await makeDirectory(directory);
  const temporary = join(directory, temporaryName());
  try {
    await mkdir(temporary);
    await sweep(directory);
    for (const [file, bytes] of Object.entries(files)) await writeSynced(join(temporary, file), bytes);
    const onnx = await writeOnnx(temporary, ONNX_FILE, publication.manifest);
    const contents = { files: filesOf({ ...files, [ONNX_FILE]: await readFile(join(temporary, ONNX_FILE)) }), onnx };
    return await claimNumber(directory, temporary, (version, champion) =>
      manifestText(describe(name, version, publication, contents, champion), publication),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function claimNumber(
  directory: string,
  temporary: string,
  manifestOf: (version: number, champion: number | undefined) => string,
): Promise<number> {
  for (;;) {
    const { state, directories } = await existing(directory);
    const version = Math.max(0, ...directories, ...state.deletedVersions) + 1;
    await replaceFile(join(temporary, MANIFEST_FILE), manifestOf(version, state.aliases.champion));
    const place = join(directory, `${version}`);
    try {
      await rename(temporary, place);
    } catch (error) {
      // Somebody else took the number meanwhile: a directory replaces nothing but an empty one.
      if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) continue;
      throw error;
    }
    await syncDirectory(directory);
    // Between reading and renaming somebody may have published this number and deleted it: it is not free, and nobody sees what lies there.
    if (!(await existing(directory)).state.deletedVersions.includes(version)) return version;
    await rename(place, temporary);
  }
}

async function existing(directory: string): Promise<ModelDirectory> {
  const read = await readModelDirectory(directory);
  if (read === undefined) throw new DomainError('unavailable', `${directory}: removed while a version was published`);
  return read;
}

function filesOf(files: Readonly<Record<string, Uint8Array>>): Manifest['files'] {
  const described = Object.entries(files).map(([file, bytes]) => [
    file,
    { sizeBytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') },
  ]);
  return Object.fromEntries(described) as Manifest['files'];
}

function describe(
  name: string,
  version: number,
  { architecture, manifest }: Publication,
  contents: { readonly files: Manifest['files']; readonly onnx?: OnnxCheck },
  champion: number | undefined,
): Manifest {
  return {
    ...(champion !== undefined && { parentVersion: champion }),
    ...manifest,
    format: MANIFEST_FORMAT,
    name,
    version,
    publishTime: new Date().toISOString(),
    codeVersion: CODE_VERSION,
    ...contents,
    architecture: architecture.family,
    inputShape: architecture.inputShape,
  };
}

/** The manifest as it is stored, which a reader accepts. @throws invalid-input */
function manifestText(manifest: Manifest, { architecture }: Publication): string {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  checked(JSON.parse(text), manifestSchema, 'publication.manifest.', 'invalid-input');
  if (manifest.labels.length !== architecture.classes) {
    const got = `${manifest.labels.length}`;
    throw invalidInput('publication.manifest.labels', `${architecture.classes}, one per class`, got);
  }
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) {
    throw invalidInput('publication.manifest', `at most ${MAX_MANIFEST_BYTES} bytes`, `${Buffer.byteLength(text)}`);
  }
  return text;
}
