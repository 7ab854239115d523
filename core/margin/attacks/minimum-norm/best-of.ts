import { tensor4d } from '@tensorflow/tfjs-core';
import { hostLength } from '../../host-length.js';
import { watchedPace } from '../../pace.js';
import { ATTACK_NORMS, type AttackNorm } from '../../threat-model.js';
import { adaptivePgd } from './adaptive-pgd/adaptive-pgd.js';
import type { AttackKind, MinimumNormOutcome, MinimumNormAttack, MinimumNormRequest } from '../attack.js';
import { compileBlends, type Blends } from '../steps/blends.js';
import { definedMembers, divideBudget, type Member } from './best-of-plan.js';
import { fabT } from './fab-t.js';
import { fmn } from './fmn.js';
import type { Milestone } from '../steps/search-trace.js';

/**
 * Who has a part, in the order in which they run: a search that is stopped has had the best of them first. Adaptive PGD comes closest at every
 * budget, and alone does best with few gradients; the others find nearer points for some inputs once it has settled.
 */
const MEMBERS: readonly Member[] = [
  { kind: adaptivePgd, fromBudget: 1, weight: 6 },
  { kind: fmn, fromBudget: 100, weight: 2 },
  { kind: fabT, fromBudget: 500, weight: 2 },
];

/** What is known of the shortest perturbations, on the host. */
interface Shortest {
  readonly values: Float32Array;
  readonly lengths: number[];
  readonly foundBy: string[];
}

/**
 * Several attacks within one budget on the same inputs; each input's shortest perturbation counts, and `foundBy` says whose it is. No attack wins
 * everywhere, so that the least is the honest figure; and where an attack that usually wins does not, gradients may be masked. Inputs for which none
 * finds anything are blended with other images in the end, which costs no gradient (see `Blends`).
 */
export const bestOf: AttackKind<MinimumNormAttack> = {
  name: 'best-of',
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    const members = definedMembers(MEMBERS, threat.norm, aim);
    const attacks = new Map(members.map(({ kind }) => [kind, kind.compile(compile, classifier, threat, aim)]));
    const attackOf = (kind: AttackKind<MinimumNormAttack>) => attacks.get(kind);
    const blends = compileBlends(compile, classifier, threat, aim);
    return { name: 'best-of', find: (request) => find(members, attackOf, blends, threat.norm, request) };
  },
};

async function find(
  members: readonly Member[],
  attackOf: (kind: AttackKind<MinimumNormAttack>) => MinimumNormAttack | undefined,
  blends: Blends,
  norm: AttackNorm,
  request: MinimumNormRequest,
): Promise<MinimumNormOutcome> {
  const { inputs } = request;
  const count = inputs.shape[0];
  const known: Shortest = {
    values: new Float32Array(inputs.size),
    lengths: Array.from({ length: count }, () => Infinity),
    foundBy: Array.from({ length: count }, () => 'best-of'),
  };
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let gradientEvaluations = 0;
  const trace: Milestone[] = [];
  for (const { kind, gradientEvaluations: share } of divideBudget(members, request.maxGradientEvaluations)) {
    const attack = attackOf(kind);
    if (attack === undefined || stopped()) break;
    const outcome = await attack.find({ ...request, maxGradientEvaluations: share, shouldContinue });
    for (const { gradientEvaluations: spent, lengths } of outcome.trace) {
      const shortest = lengths.map((length, index) => Math.min(length, known.lengths[index] ?? Infinity));
      trace.push({ gradientEvaluations: gradientEvaluations + spent, lengths: shortest });
    }
    gradientEvaluations += outcome.gradientEvaluations;
    await keepShortest(known, outcome, norm, attack.name);
    trace.push({ gradientEvaluations, lengths: [...known.lengths] });
  }
  const unknown = [...known.lengths.keys()].filter((index) => known.lengths[index] === Infinity);
  if (unknown.length > 0 && !stopped()) {
    for (const [index, perturbation] of await blends.find({ ...request, shouldContinue }, unknown)) {
      known.values.set(perturbation, (index * inputs.size) / count);
      known.foundBy[index] = 'blend';
    }
  }
  return {
    perturbations: tensor4d(known.values, inputs.shape),
    gradientEvaluations,
    complete: !stopped(),
    trace,
    foundBy: known.foundBy,
  };
}

/** Keeps what is shorter than what is known, and disposes it. A perturbation of 0 is none. */
async function keepShortest(
  known: Shortest,
  outcome: MinimumNormOutcome,
  norm: AttackNorm,
  attack: string,
): Promise<void> {
  let values: Float32Array;
  try {
    values = (await outcome.perturbations.data()) as Float32Array;
  } finally {
    outcome.perturbations.dispose();
  }
  const size = values.length / known.lengths.length;
  for (const [index, shortest] of known.lengths.entries()) {
    const perturbation = values.subarray(index * size, (index + 1) * size);
    const length = hostLength(norm, perturbation);
    if (!(length > 0 && length < shortest)) continue;
    known.values.set(perturbation, index * size);
    known.lengths[index] = length;
    known.foundBy[index] = outcome.foundBy?.[index] ?? attack;
  }
}
