import { createHash } from 'node:crypto';
import { dispose } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Engine, type TensorMap } from '../../core/engine/engine.js';
import { DomainError } from '../../core/errors.js';
import type { FixedNormAttack, MinimumNormAttack } from '../../core/margin/attacks/attack.js';
import { compileMarginSearch, type MarginSearch } from '../../core/margin/margin-search.js';
import { watchedPace, type ShouldContinue } from '../../core/margin/pace.js';
import type { ThreatModel } from '../../core/margin/threat-model.js';
import { toTensors } from '../../core/model/weights.js';
import type { Examples } from '../data/dataset.js';
import { IMAGE_BOUNDS } from '../mma/batches.js';
import { marginAttackNamed, attackNamed } from './attack-stages.js';
import type { EvaluatedClassifier } from './classifier.js';
import type { EvaluationPlan } from './evaluation-result.js';

/** An attack that is compiled. */
export type CompiledAttack =
  | { readonly within: 'ball'; readonly attack: FixedNormAttack }
  | { readonly within: 'any'; readonly attack: MinimumNormAttack };

/** What the parts of an evaluation share; tensors and what is compiled live as long as it does. */
export interface EvaluationContext {
  readonly engine: Engine;
  readonly plan: EvaluationPlan;
  readonly classifier: EvaluatedClassifier;
  readonly examples: Examples;
  readonly weights: TensorMap;
  readonly threat: ThreatModel;
  /** z, [n, k]; the caller disposes it. */
  readonly logitsAt: (weights: TensorMap, points: Tensor4D) => Tensor2D;
  /** An attack by name, compiled when it is first asked for. */
  readonly attack: (name: string) => CompiledAttack;
  readonly marginSearch: () => MarginSearch;
  /** False, from then on, once the work is to end: attacks then return what they have. */
  readonly shouldContinue: () => Promise<boolean>;
  /** The same for what is between attacks. @throws cancelled */
  readonly orStop: () => Promise<void>;
  readonly dispose: () => void;
}

/** Opens what the parts of an evaluation share; `dispose` gives it back. @throws invalid-input if an attack does not know the norm */
export function openContext(
  engine: Engine,
  classifier: EvaluatedClassifier,
  examples: Examples,
  plan: EvaluationPlan,
  pace: ShouldContinue,
): EvaluationContext {
  const threat: ThreatModel = { norm: plan.norm, bounds: IMAGE_BOUNDS };
  const weights = toTensors(classifier.weights);
  const compiled = new Map<string, CompiledAttack>();
  let search: MarginSearch | undefined;
  const { shouldContinue } = watchedPace(pace);
  const compileSearch = (): MarginSearch => {
    const kind = marginAttackNamed(plan.marginAttack, plan.norm);
    return compileMarginSearch(engine.compile, classifier.apply, threat, kind);
  };
  const compileAttack = (name: string): CompiledAttack => {
    const found = attackNamed(name, plan.norm);
    return found.within === 'ball'
      ? { within: 'ball', attack: found.kind.compile(engine.compile, classifier.apply, threat, 'untargeted') }
      : { within: 'any', attack: found.kind.compile(engine.compile, classifier.apply, threat, 'untargeted') };
  };
  return {
    engine,
    plan,
    classifier,
    examples,
    weights,
    threat,
    logitsAt: engine.compile(
      (at: TensorMap, points: Tensor4D): Tensor2D => classifier.apply(at, points),
      LASTING_WEIGHTS,
    ),
    attack: (name) => {
      const known = compiled.get(name) ?? compileAttack(name);
      compiled.set(name, known);
      return known;
    },
    marginSearch: () => (search ??= compileSearch()),
    shouldContinue,
    orStop: async () => {
      if (!(await shouldContinue())) throw new DomainError('cancelled', 'evaluation: stopped');
    },
    dispose: () => {
      dispose(weights);
    },
  };
}

/** What the random numbers of one run of an attack are drawn from, together with each image: the same however the work is cut. */
export function seedOfRun({ seed }: EvaluationPlan, run: string): bigint {
  const stream = createHash('sha256').update(run).digest().readBigUInt64LE(0);
  return BigInt.asUintN(64, BigInt(seed) + stream);
}
