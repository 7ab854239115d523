import type { Channel } from 'nice-grpc';
import { RegistryServiceDefinition } from '../../proto/gen/maxmargin/v1/registry_service.js';
import { createPolicyFactory, policyOptions } from './call-policy.js';
import type { CallOptions, ConnectOptions } from './call-policy.js';
import { fromModel, fromVersion } from './models.js';
import type { Model, ModelVersion } from './models.js';
import { normToCode } from './plain.js';
import type { Norm } from './plain.js';
import { orRequestError } from './request-error.js';

export interface ImportOptions {
  /** The name to publish under. */
  readonly name: string;
  /** `lenet`, `wrn`, `mlp` or `cnn`, its sizes are read off the shapes of the weights; or `layers-model`. */
  readonly architecture: string;
  /** A whole safetensors file; of a LayersModel the files that its weightsManifest names, one behind the other. */
  readonly weights: Uint8Array;
  /** What the classes are called; default: their numbers. */
  readonly labels?: readonly string[] | undefined;
  /** What margins are measured in unless a request says otherwise; default: linf. */
  readonly norm?: Norm | undefined;
  /** Default: 0.45 (linf) or 2 (l2). */
  readonly maxDistance?: number | undefined;
  /** An alias to set to the new version; default: champion if the model has none yet. */
  readonly alias?: string | undefined;
  /** Height, width and channels of an input; default: square images as large as fits, 32×32 for a Wide ResNet. */
  readonly inputShape?: readonly number[] | undefined;
  /** The `model.json` of a LayersModel of TensorFlow.js that ends in logits. */
  readonly layersModelJson?: string | undefined;
}

/** Changes what is published. Sent once, except where a repetition changes nothing. */
export interface RegistryClient {
  /**
   * Makes an alias point to a version.
   *
   * @param expected the version it must point to now, 0: it must not exist; otherwise ABORTED. Not given: whatever it points to;
   *   only then may the request be sent again, since a repetition would find that the alias has moved.
   */
  setAlias(name: string, alias: string, version: number, expected?: number, options?: CallOptions): Promise<Model>;
  /**
   * Undoes the last move of an alias; again, the one before it.
   *
   * @param expected the version it must point to now, otherwise ABORTED; not given: whatever it points to
   * @throws RequestError FAILED_PRECONDITION if it has pointed to no other version
   */
  rollbackAlias(name: string, alias: string, expected?: number, options?: CallOptions): Promise<Model>;
  /** @throws RequestError FAILED_PRECONDITION if an alias points to it */
  deleteVersion(name: string, version: number, options?: CallOptions): Promise<void>;
  importModel(model: ImportOptions, options?: CallOptions): Promise<ModelVersion>;
}

export function registryClient(channel: Channel, connection: ConnectOptions): RegistryClient {
  const stub = createPolicyFactory().create(RegistryServiceDefinition, channel);

  return {
    setAlias: async (name, alias, version, expected, call) => {
      const expectedVersion = expected === undefined ? undefined : BigInt(expected);
      const policy = policyOptions(connection, call, expected === undefined ? 'repeatable' : 'once');
      const request = { name, alias, version: BigInt(version), expectedVersion };
      return fromModel(await orRequestError(stub.setAlias(request, policy)));
    },
    rollbackAlias: async (name, alias, expected, call) => {
      const expectedVersion = expected === undefined ? undefined : BigInt(expected);
      const policy = policyOptions(connection, call, 'once');
      return fromModel(await orRequestError(stub.rollbackAlias({ name, alias, expectedVersion }, policy)));
    },
    deleteVersion: async (name, version, call) => {
      const policy = policyOptions(connection, call, 'once');
      await orRequestError(stub.deleteModelVersion({ name, version: BigInt(version) }, policy));
    },
    importModel: async (
      { weights, labels = [], norm, maxDistance = 0, alias = '', inputShape = [], layersModelJson = '', ...model },
      call,
    ) => {
      const request = {
        ...model,
        weights: Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength),
        labels: [...labels],
        norm: normToCode(norm),
        maxDistance,
        alias,
        inputShape: [...inputShape],
        layersModelJson,
      };
      return fromVersion(await orRequestError(stub.importModel(request, policyOptions(connection, call, 'once'))));
    },
  };
}
