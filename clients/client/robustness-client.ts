import type { Channel } from 'nice-grpc';
import { RobustnessServiceDefinition } from '../../proto/gen/maxmargin/v1/robustness_service.js';
import { createPolicyFactory, policyOptions } from './call-policy.js';
import type { CallOptions, ConnectOptions } from './call-policy.js';
import { checkClassifyOptions, checkMarginOptions } from './check-options.js';
import { checkImages, imagesToTensor, splitImages } from './images.js';
import type { Images } from './images.js';
import { fromMarginResult, toMarginRequest } from './margins.js';
import type { Classification, ClassifyOptions, MarginOptions, MarginResult } from './margins.js';
import { fromModel, fromVersion, toModelSpec } from './models.js';
import type { Model, ModelSelector, ModelVersion } from './models.js';
import { safeNumber } from './plain.js';
import { orRequestError, RequestError } from './request-error.js';

/** The answers for a batch, in order, and the one version that gave all of them. */
export interface Answers<T> {
  readonly model: string;
  readonly version: number;
  readonly results: readonly T[];
}

/** Classes and margins. Every request may be sent again after UNAVAILABLE. */
export interface RobustnessClient {
  /** The class of each image; batches beyond `maxBatch` are sent one part after the other, all to the version that answered the first. */
  classify(images: Images, options?: ClassifyOptions & CallOptions): Promise<Answers<Classification>>;
  /** How far each image is from another answer; parts as above, a deadline being shared among them. */
  margins(images: Images, options?: MarginOptions & CallOptions): Promise<Answers<MarginResult>>;
  listModels(options?: CallOptions): Promise<Model[]>;
  getModel(selector?: ModelSelector, options?: CallOptions): Promise<ModelVersion>;
}

interface Part {
  readonly inputs: Images;
  /** The index of its first image in the batch. */
  readonly first: number;
  readonly model: ModelSelector | undefined;
}

interface PartAnswer<M> {
  readonly results: readonly M[];
  readonly model: string;
  readonly version: bigint;
}

const DEFAULT_MAX_BATCH = 100;

export function robustnessClient(channel: Channel, connection: ConnectOptions): RobustnessClient {
  const stub = createPolicyFactory().create(RobustnessServiceDefinition, channel);
  const policy = (call: CallOptions | undefined) => policyOptions(connection, call, 'repeatable');

  const inParts = async <M>(
    images: Images,
    call: ClassifyOptions & CallOptions,
    ask: (part: Part, call: CallOptions) => Promise<PartAnswer<M>>,
  ): Promise<Answers<M>> => {
    const maxBatch = connection.maxBatch ?? DEFAULT_MAX_BATCH;
    const parts = splitImages(images, maxBatch);
    const deadlineMs = call.deadlineMs ?? connection.deadlineMs;
    const endMs = deadlineMs === undefined ? undefined : performance.now() + deadlineMs;
    const results: M[] = [];
    let model = call.model;
    let answered = { model: '', version: 0 };
    for (const [index, inputs] of parts.entries()) {
      // Each part gets an equal part of the time that is left: a search that uses its deadline up must not take the next one's.
      const partMs = endMs === undefined ? undefined : (endMs - performance.now()) / (parts.length - index);
      const part = { inputs, first: results.length, model };
      const answer = await orRequestError(ask(part, { signal: call.signal, deadlineMs: partMs }));
      if (answer.results.length !== inputs.shape[0]) {
        throw new RequestError('INTERNAL', `results: expected ${inputs.shape[0] ?? 0}, got ${answer.results.length}`);
      }
      results.push(...answer.results);
      answered = { model: answer.model, version: safeNumber(answer.version) };
      // An alias that moves meanwhile must not split the batch.
      model = { name: answered.model, version: answered.version };
    }
    return { ...answered, results };
  };

  return {
    classify: async (images, call = {}) => {
      checkClassifyOptions(call);
      checkImages(images);
      return inParts(images, call, (part, partCall) =>
        stub.classify({ model: toModelSpec(part.model), inputs: imagesToTensor(part.inputs) }, policy(partCall)),
      );
    },
    margins: async (images, call = {}) => {
      checkMarginOptions(call);
      checkImages(images);
      const request = toMarginRequest(call);
      const count = images.shape[0] ?? 0;
      if (call.labels !== undefined && call.labels.length !== count) {
        throw new RequestError(
          'INVALID_ARGUMENT',
          `labels: expected one an image (${count}), got ${call.labels.length}`,
        );
      }
      const answers = await inParts(images, call, (part, partCall) => {
        const labels = [...(call.labels ?? []).slice(part.first, part.first + (part.inputs.shape[0] ?? 0))];
        const inputs = imagesToTensor(part.inputs);
        return stub.margin({ ...request, model: toModelSpec(part.model), inputs, labels }, policy(partCall));
      });
      return { ...answers, results: answers.results.map(fromMarginResult) };
    },
    listModels: async (call) => {
      const { models } = await orRequestError(stub.listModels({}, policy(call)));
      return models.map(fromModel);
    },
    getModel: async (selector, call) =>
      fromVersion(await orRequestError(stub.getModel({ model: toModelSpec(selector) }, policy(call)))),
  };
}
