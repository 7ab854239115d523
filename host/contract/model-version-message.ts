import type { Manifest } from '../../core/registry/manifest.js';
import type { ModelState, ModelVersion } from '../../proto/gen/maxmargin/v1/model.js';
import { evaluationMessage } from './evaluation-message.js';
import { normMessage } from './norm-message.js';
import { timestampMessage } from './timestamp-message.js';

/** What is known of a version besides its manifest. */
export interface VersionStanding {
  readonly state: ModelState;
  /** Why it cannot answer, if it cannot. */
  readonly stateReason: string;
  readonly aliases: readonly string[];
}

/** A version as the contract says it. */
export function modelVersionMessage(manifest: Manifest, standing: VersionStanding): ModelVersion {
  return {
    name: manifest.name,
    version: BigInt(manifest.version),
    state: standing.state,
    stateReason: standing.stateReason,
    aliases: [...standing.aliases],
    publishTime: timestampMessage(Date.parse(manifest.publishTime)),
    inputShape: manifest.inputShape.map(BigInt),
    lowerBound: manifest.bounds.lower,
    upperBound: manifest.bounds.upper,
    labels: [...manifest.labels],
    norm: normMessage(manifest.threatModel.norm),
    maxDistance: manifest.threatModel.maxDistance,
    evaluation: manifest.evaluation === undefined ? undefined : evaluationMessage(manifest.evaluation),
    manifestJson: JSON.stringify(manifest),
  };
}
