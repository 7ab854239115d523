import { createHash } from 'node:crypto';
import { invalidInput } from '../../core/errors.js';
import { importSafetensors } from '../../core/model/import-weights.js';
import type { Publication } from '../../core/registry/registry.js';
import { normOf } from '../../host/contract/norm-message.js';
import type { ImportModelRequest } from '../../proto/gen/maxmargin/v1/registry_service.js';
import { DEFAULT_MAX_DISTANCE } from './margin-request.js';

/** A class's name must fit into a table. */
const MAX_LABEL_LENGTH = 200;

/**
 * What is published of weights that were trained elsewhere, checked, with every default filled in.
 *
 * @throws invalid-input
 */
export function importedPublication(request: ImportModelRequest): Publication {
  const { architecture, weights } = importSafetensors(request.architecture, request.weights);
  const norm = normOf('norm', request.norm) ?? 'linf';
  const { maxDistance } = request;
  if (!(maxDistance >= 0 && Number.isFinite(maxDistance))) {
    throw invalidInput('max_distance', 'a number above 0, or 0 for the default', String(maxDistance));
  }
  const sha256 = createHash('sha256').update(request.weights).digest('hex');
  return {
    architecture,
    weights,
    manifest: {
      bounds: { lower: 0, upper: 1 },
      labels: labelsOf(request.labels, architecture.classes),
      threatModel: { norm, maxDistance: maxDistance === 0 ? DEFAULT_MAX_DISTANCE[norm] : maxDistance },
      origin: { kind: 'imported', format: 'safetensors', sha256 },
    },
  };
}

function labelsOf(labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === 0) return Array.from({ length: classes }, (_, index) => `${index}`);
  if (labels.length !== classes)
    throw invalidInput('labels', `none, or one for each of ${classes} classes`, `${labels.length}`);
  const long = labels.findIndex((label) => label.length > MAX_LABEL_LENGTH);
  if (long >= 0)
    throw invalidInput(`labels[${long}]`, `at most ${MAX_LABEL_LENGTH} characters`, `${labels[long]?.length ?? 0}`);
  return labels;
}
