import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeDirectory, replaceFile } from '../../../core/durable/durable-files.js';
import { attackOnnx } from '../../../core/export/attack-onnx.js';
import { checkedOnnx, describe, onWasm } from '../../../core/export/export-version.js';
import { DEFAULT_MAX_DISTANCE } from '../../../core/margin/threat-model.js';
import type { Norm } from '../../../core/margin/threat-model.js';
import { writeLayersModel } from '../../../core/model/layers-model.js';
import { writeSafetensors } from '../../../core/model/safetensors.js';
import { ONNX_FILE } from '../../../core/registry/manifest.js';
import { openRegistry } from '../../../core/registry/open-registry.js';
import type { PublishedVersion } from '../../../core/registry/registry.js';
import type { ModelSelector } from '../../client/models.js';
import { existingRegistry, onlyModel, selectVersion } from '../models/local-models.js';

export type ExportFormat = 'onnx' | 'layers-model' | 'safetensors';

/** Which search to export; what is undefined is the model's own. */
export interface AttackOptions {
  readonly norm: Norm | undefined;
  readonly maxDistance: number | undefined;
  readonly iterations: number;
  readonly bisections: number;
}

export interface LocalExportOptions {
  readonly model: ModelSelector;
  readonly registry: string;
  readonly format: ExportFormat;
  /** undefined: the classifier alone. */
  readonly attack: AttackOptions | undefined;
  readonly output: string;
}

export interface ExportedHere {
  readonly model: string;
  readonly version: number;
  readonly format: ExportFormat;
  readonly attack?: Required<AttackOptions>;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
}

/** Writes a published model as files that other programs read. */
export async function exportLocally(options: LocalExportOptions): Promise<ExportedHere> {
  const { format, output } = options;
  const registry = await openRegistry(existingRegistry(options.registry));
  const model = options.model.name ?? (await onlyModel(registry));
  const version = await registry.resolve(model, selectVersion(options.model));
  const published = await registry.load(model, version);
  const attack = options.attack && completed(options.attack, published);
  const contents =
    attack === undefined
      ? await contentsOf(format, published, join(registry.root, model, `${version}`, ONNX_FILE))
      : { '': await onWasm(() => attackFile(published, attack)) };
  const files: { path: string; sizeBytes: number }[] = [];
  for (const [name, bytes] of Object.entries(contents)) {
    const path = resolve(output, name);
    await makeDirectory(dirname(path));
    await replaceFile(path, bytes);
    files.push({ path, sizeBytes: bytes.byteLength });
  }
  return { model, version, format, ...(attack && { attack }), files };
}

/** What to write, by names below the output; the empty name is the output itself. */
async function contentsOf(
  format: ExportFormat,
  { manifest, architecture, weights }: PublishedVersion,
  onnxFile: string,
): Promise<Readonly<Record<string, Uint8Array>>> {
  switch (format) {
    case 'onnx':
      if (manifest.onnx !== undefined) return { '': await readFile(onnxFile) };
      // Published before versions had one.
      return { '': (await checkedOnnx(writeLayersModel(architecture, weights), manifest)).bytes };
    case 'layers-model':
      return { ...writeLayersModel(architecture, weights) };
    case 'safetensors':
      return { '': writeSafetensors(weights, describe(architecture.family, manifest)) };
  }
}

function completed(
  { norm: asked, maxDistance, ...steps }: AttackOptions,
  { manifest: { threatModel } }: PublishedVersion,
): Required<AttackOptions> & { readonly norm: Norm; readonly maxDistance: number } {
  const norm = asked ?? threatModel.norm;
  const own = norm === threatModel.norm ? threatModel.maxDistance : DEFAULT_MAX_DISTANCE[norm];
  return { norm, maxDistance: maxDistance ?? own, ...steps };
}

function attackFile(
  { manifest, architecture, weights }: PublishedVersion,
  { norm, ...search }: ReturnType<typeof completed>,
): Uint8Array {
  const { bounds } = manifest;
  const threatModel = { norm, maxDistance: search.maxDistance };
  return attackOnnx(
    { architecture, weights },
    { threat: { norm, bounds }, ...search },
    {
      ...describe(architecture.family, { ...manifest, threatModel }),
      attack: 'an-pgd',
      iterations: `${search.iterations}`,
      bisections: `${search.bisections}`,
    },
  );
}
