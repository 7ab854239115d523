import type { Engine } from '../../core/engine/engine.js';
import type { ShouldContinue } from '../../core/margin/pace.js';
import type { Norm } from '../../core/margin/threat-model.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import type { EvaluationRecord } from '../../core/registry/manifest.js';
import type { Examples } from '../data/dataset.js';
import { whiteBoxStages } from './attack-stages.js';
import { evaluatedClassifier } from './classifier.js';
import { evaluate, workAhead } from './evaluate.js';
import { planOf } from './evaluation-plan.js';
import type { EvaluationPlan, EvaluationResult } from './evaluation-result.js';

/** A trained model that is evaluated before it is published. */
export interface FinalEvaluationRequest {
  readonly engine: Engine;
  readonly model: Model;
  /** Parameters and running statistics. */
  readonly weights: HostTensors;
  readonly examples: Examples;
  readonly norm: Norm;
  /** The largest distance that is searched: 1.05 d_max after a training. */
  readonly maxDistance: number;
  /** The margins of the first so many examples are measured, at least 1. */
  readonly marginExamples: number;
  /** What a margin may cost. */
  readonly gradientEvaluations: number;
  /** ε at which robust accuracy is measured; default: at none. */
  readonly epsilons?: readonly number[];
  /** What random starts are drawn from. */
  readonly seed: bigint;
  /** Asked between the parts of the work; false ends the evaluation with an error. */
  readonly shouldContinue?: ShouldContinue;
  /** @param etaSeconds the time that is left; Infinity while that is not known */
  readonly onProgress?: (etaSeconds: number) => void;
}

/** The shares of d_max that robust accuracy is measured at when a training has ended. */
const EPSILON_FRACTIONS = [1 / 3, 2 / 3, 1];

/** Robust accuracy then costs about as much as the margins: one run on CE and one on CW, on so many of the examples whose margins are measured. */
const ROBUST_EXAMPLES = 96;
const ITERATIONS = 20;
const RESTARTS = 2;

/** The small grid of ε at the end of a training. */
export const finalEpsilons = (maxDistance: number): readonly number[] =>
  EPSILON_FRACTIONS.map((share) => share * maxDistance);

type Plannable = Omit<FinalEvaluationRequest, 'weights'>;

function finalPlan({ examples, norm, maxDistance, epsilons = [], ...request }: Plannable): EvaluationPlan {
  const subject = { dataset: '', norm, trainedMaxDistance: maxDistance, examples: examples.count };
  return planOf(subject, {
    maxDistance,
    robustExamples: epsilons.length === 0 ? 0 : Math.min(ROBUST_EXAMPLES, request.marginExamples),
    epsilons,
    iterations: ITERATIONS,
    restarts: RESTARTS,
    marginExamples: request.marginExamples,
    marginBudget: request.gradientEvaluations,
    maskingChecks: false,
    seed: String(request.seed),
  });
}

/** About what the evaluation costs, in gradient evaluations of one example. */
export const finalEvaluationWork = (request: Plannable): number =>
  workAhead({ engine: request.engine, plan: finalPlan(request), examples: request.examples });

/**
 * What a model does on a test set, as its manifest says it.
 *
 * @throws cancelled if `shouldContinue` stopped it; invalid-input if there is no example, or the weights are not the model's
 */
export async function evaluateTrained(request: FinalEvaluationRequest): Promise<EvaluationRecord> {
  const { engine, model, weights, examples, norm, onProgress } = request;
  const { inputShape, classes } = model.architecture;
  const labels = Array.from({ length: classes }, (_, label) => `${label}`);
  const result = await evaluate({
    engine,
    classifier: evaluatedClassifier([{ title: 'the model', model, weights, labels }]),
    subject: {
      title: 'the model',
      members: [],
      labels,
      inputShape,
      origins: [],
    },
    dataset: { name: '', fingerprint: '' },
    examples,
    plan: finalPlan(request),
    ...(request.shouldContinue && { shouldContinue: request.shouldContinue }),
    ...(onProgress && {
      onProgress: ({ etaSeconds }) => {
        onProgress(etaSeconds);
      },
    }),
  });
  return recordOf(result, norm);
}

function recordOf(result: EvaluationResult, norm: Norm): EvaluationRecord {
  const { cleanExamples, cleanAccuracy, margins, plan, whiteBox } = result;
  const [, median = 0] = margins?.quartiles ?? [];
  return {
    examples: cleanExamples,
    cleanAccuracy,
    marginExamples: plan.marginExamples,
    meanMargin: margins?.mean ?? 0,
    medianMargin: median,
    notFoundFraction: margins?.notFoundFraction ?? 0,
    norm,
    maxDistance: plan.maxDistance,
    attack: margins?.attack ?? '',
    gradientEvaluations: margins?.gradientEvaluations ?? 0,
    histogram: margins?.histogram ?? { edges: [], counts: [0] },
    ...(whiteBox.length > 0 && {
      robustAccuracies: whiteBox.map(({ epsilon, examples, accuracy }) => ({
        epsilon,
        examples,
        accuracy,
        attacks: whiteBoxStages(plan).map(({ attack }) => attack),
        iterations: plan.whiteBox.iterations,
        restarts: plan.whiteBox.restarts,
      })),
    }),
  };
}
