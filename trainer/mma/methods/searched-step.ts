import { dispose, scalar, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D, TensorContainer } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { DomainError } from '../../../core/errors.js';
import { watchedPace, type ShouldContinue } from '../../../core/margin/pace.js';
import { mapNamed } from '../named.js';
import type { CompiledMethod, MethodContext, StepBatch, TrainingTensors } from './training-method.js';

/** What a search begins with. */
export type SearchRequest = NonNullable<StepBatch['search']> & {
  readonly inputs: Tensor4D;
  readonly labels: Tensor1D;
  readonly shouldContinue: ShouldContinue;
};

/** The last part of a step: the term of the objective at what was found, and the update. Pure. */
export type Finish<Term, Found> = (
  tensors: TrainingTensors,
  term: Term,
  batch: Pick<StepBatch, 'inputs' | 'labels'>,
  found: Found,
  factors: TensorMap,
) => {
  readonly tensors: TrainingTensors;
  /** [cleanLoss, accuracy, marginLoss], and then the radii to record, where they are not known beforehand. */
  readonly report: Tensor1D;
};

/** The parts of a step that searches. */
export interface SearchedStep<Term extends TensorContainer, Found extends TensorContainer> {
  /** What is known of the examples themselves. */
  readonly begin: (tensors: TrainingTensors, inputs: Tensor4D, labels: Tensor1D) => Term;
  readonly find: (tensors: TrainingTensors, term: Term, request: SearchRequest) => Promise<Found>;
  readonly finish: Finish<Term, Found>;
  /** The radius to record for every example after so many steps; undefined: the report says it. */
  readonly radiusAt?: (step: number) => number;
}

/** A step of its parts, one after the other, with one read at the end; nothing but its outcome is left. */
export function searchedStep<Term extends TensorContainer, Found extends TensorContainer>(
  { optimizer, world }: MethodContext,
  { begin, find, finish, radiusAt }: SearchedStep<Term, Found>,
): CompiledMethod['step'] {
  return async (tensors, { inputs, labels, search }, step, shouldContinue) => {
    if (search === undefined) throw new DomainError('internal', 'training: a search expects a start, got none');
    const term = tidy(() => begin(tensors, inputs, labels));
    const factors = mapNamed(optimizer.factors(step + 1), (value) => scalar(value));
    const pace = watchedPace(shouldContinue);
    const found = await find(tensors, term, { inputs, labels, ...search, shouldContinue: pace.shouldContinue });
    const after = pace.stopped() ? undefined : tidy(() => finish(tensors, term, { inputs, labels }, found, factors));
    dispose([term, found, factors]);
    if (after === undefined) return undefined;
    const [cleanLoss = NaN, accuracy = NaN, marginLoss = NaN, ...foundRadii] = await after.report.data<'float32'>();
    after.report.dispose();
    const radii =
      radiusAt === undefined
        ? Float32Array.from(foundRadii)
        : new Float32Array(world.size * inputs.shape[0]).fill(radiusAt(step));
    return { tensors: after.tensors, report: { cleanLoss, accuracy, marginLoss, radii } };
  };
}
