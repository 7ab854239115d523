import { dispose, tidy } from '@tensorflow/tfjs-core';
import { filledUp } from '../../core/engine/batch-size.js';
import type { AttackOutcome, AttackProblem } from '../../core/margin/attacks/attack.js';
import { verify, isAdversarial } from '../../core/margin/verify.js';
import { readLogits } from '../../core/margin/host-logits.js';
import { seedsOfImages } from '../../core/margin/image-seeds.js';
import { gather } from '../mma/batches.js';
import { runWork, workOfStages, type AttackStage } from './attack-stages.js';
import { seedOfRun, type CompiledAttack, type EvaluationContext } from './evaluation-context.js';
import type { ShardProgress } from './shards.js';

/** How the report calls what a smaller ε broke: the point that did it lies within the larger ball, too. */
export const SMALLER_EPSILON = 'smaller ε';

/** What the attacks of one ε did to some examples. */
export interface RobustFinding {
  /** The examples that were broken, at this ε or a smaller one. */
  readonly broken: readonly number[];
  readonly attacks: readonly { readonly attack: string; readonly attempted: number; readonly broken: number }[];
  /** In sum over all examples. */
  readonly gradientEvaluations: number;
  readonly forwardEvaluations: number;
}

/** Which examples are attacked, at which ε. */
export interface RobustRequest {
  readonly epsilon: number;
  readonly stages: readonly AttackStage[];
  /** The correct ones, ascending. */
  readonly correct: readonly number[];
  /** Those of them that a smaller ε of the same attacks has broken; undefined: there is no smaller one. */
  readonly brokenBefore: readonly number[] | undefined;
  /** After each run of an attack. */
  readonly onProgress: (progress: ShardProgress) => void;
}

/**
 * Runs attacks within the balls of radius ε one after the other, each on what the ones before it left.
 *
 * An example counts as broken when a point within ball and box has been classified again and is wrong. It then is at every larger ε, too, so
 * what a smaller ε broke is not attacked again.
 *
 * @throws cancelled if the context says so
 */
export async function attackWithin(context: EvaluationContext, request: RobustRequest): Promise<RobustFinding> {
  const { correct, brokenBefore, stages, epsilon, onProgress } = request;
  const broken = new Set(brokenBefore);
  const attacks: { attack: string; attempted: number; broken: number }[] = [];
  if (brokenBefore !== undefined) {
    attacks.push({ attack: SMALLER_EPSILON, attempted: correct.length, broken: broken.size });
  }
  const cost = { gradientEvaluations: 0, forwardEvaluations: 0 };
  let [done, leftOfEach] = [0, workOfStages(stages)];
  for (const stage of stages) {
    const attempted = correct.length - broken.size;
    for (let run = 0; run < stage.restarts; run++) {
      const standing = correct.filter((example) => !broken.has(example));
      if (standing.length > 0) {
        const found = await attackOnce(context, stage, run, epsilon, standing);
        for (const example of found.broken) broken.add(example);
        cost.gradientEvaluations += found.gradientEvaluations;
        cost.forwardEvaluations += found.forwardEvaluations;
      }
      done += standing.length * runWork(stage);
      leftOfEach -= runWork(stage);
      onProgress({ done, left: (correct.length - broken.size) * Math.max(0, leftOfEach) });
    }
    attacks.push({ attack: stage.attack, attempted, broken: attempted - (correct.length - broken.size) });
  }
  return { broken: [...broken].sort((a, b) => a - b), attacks, ...cost };
}

/** One run of an attack on examples; the batch is filled up to a size that others share. */
async function attackOnce(
  context: EvaluationContext,
  stage: AttackStage,
  run: number,
  epsilon: number,
  standing: readonly number[],
): Promise<Omit<RobustFinding, 'attacks'>> {
  const { examples, classifier, logitsAt, weights, threat, plan } = context;
  const rows = filledUp(standing);
  const { inputs, labels } = gather(examples, classifier.inputShape, Uint32Array.from(rows));
  try {
    await context.orStop();
    const { rows: logits } = await readLogits(tidy(() => logitsAt(weights, inputs)));
    const classes = rows.map((example) => examples.labels[example] ?? 0);
    const seeds = await seedsOfImages(seedOfRun(plan, `${stage.attack} ${run}`), inputs, threat.bounds);
    const problem = { weights, inputs, classes, logits, seeds, shouldContinue: context.shouldContinue };
    const outcome = await find(context.attack(stage.attack), stage, epsilon, plan.whiteBox.stepFraction, problem);
    const followed = await verify(logitsAt, weights, inputs, outcome.perturbations, threat);
    await context.orStop();
    return {
      broken: standing.filter((_, row) => {
        const [reached, label] = [followed[row], classes[row]];
        return reached !== undefined && label !== undefined && isAdversarial(reached, label, epsilon);
      }),
      gradientEvaluations: standing.length * outcome.gradientEvaluations,
      forwardEvaluations: standing.length * (outcome.forwardEvaluations ?? 0),
    };
  } finally {
    dispose([inputs, labels]);
  }
}

/** Asks an attack for points within the ball: a search for shortest perturbations looks no farther. */
function find(
  compiled: CompiledAttack,
  { iterations, evaluations }: AttackStage,
  epsilon: number,
  stepFraction: number,
  problem: AttackProblem,
): Promise<AttackOutcome> {
  if (compiled.within === 'any') {
    return compiled.attack.find({
      ...problem,
      maxDistance: epsilon,
      maxGradientEvaluations: evaluations,
    });
  }
  const radii = problem.classes.map(() => epsilon);
  return compiled.attack.find({ ...problem, radii, iterations, restarts: 1, stepFraction });
}
