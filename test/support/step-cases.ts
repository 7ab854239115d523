import { scalar, tensor, tensor1d, tensor2d, tensor4d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap, TensorTree } from '../../core/engine/engine.js';
import { compileAttackSteps } from '../../core/margin/attack-steps.js';
import { compileDescentSteps } from '../../core/margin/attacks/minimum-norm/adaptive-pgd/descent-steps.js';
import { NORMS, type Norm } from '../../core/margin/threat-model.js';
import type { Architecture } from '../../core/model/architecture.js';
import { classifierOf } from '../../core/model/classifier.js';
import { cnn } from '../../core/model/cnn.js';
import { lenet } from '../../core/model/lenet.js';
import { mlp } from '../../core/model/mlp.js';
import { buildModel, type WeightShapes } from '../../core/model/model.js';
import { initialWeights, splitWeights, toTensors } from '../../core/model/weights.js';
import { wrn } from '../../core/model/wrn.js';
import { createRandom } from '../../core/random.js';
import { sizeOf } from '../../core/shape.js';
import { methodContext } from '../../trainer/mma/compile-method.js';
import { compileFixedRadius } from '../../trainer/mma/methods/fixed-radius.js';
import { compileMaxMargin } from '../../trainer/mma/methods/max-margin.js';
import { compileTrades } from '../../trainer/mma/methods/trades.js';
import type { Method } from '../../trainer/mma/methods.js';
import type { OptimizerConfig, TrainingConfig } from '../../trainer/mma/training-config.js';

/** What the numerics compile, called once: whole attack iterations, bisections and training steps. */
export interface StepCase {
  readonly name: string;
  /** New tensors, which the caller tidies. */
  readonly run: (compile: Compile) => TensorTree;
}

const BOUNDS = { lower: 0, upper: 1 };
const COUNT = 3;

const ADAM: OptimizerConfig = {
  rule: 'adam',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 1e-3,
};
const SGD: OptimizerConfig = { rule: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 2e-4 };

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  lenet: lenet({ conv1: 3, conv2: 4, hidden: 8 }, [12, 8, 1], 4),
  wrn: wrn(10, 1, [8, 8, 3], 4),
  mlp: mlp([9, 7], [4, 4, 2], 4),
  cnn: cnn({ filters: [4, 6], hidden: 8 }, [8, 8, 3], 4),
};

/** Cases of every family, both norms, both optimizers. */
export const STEP_CASES: readonly StepCase[] = Object.entries(ARCHITECTURES).flatMap(([family, architecture]) =>
  NORMS.flatMap((norm) => casesOf(family, architecture, norm)),
);

function casesOf(family: string, architecture: Architecture, norm: Norm): readonly StepCase[] {
  const model = buildModel(architecture);
  const threat = { norm, bounds: BOUNDS };
  const named = (what: string, run: StepCase['run']): StepCase => ({ name: `${what} of ${family}, ${norm}`, run });
  const classifier = classifierOf(model);
  const losses = { search: 'slm', crossing: 'lm' } as const;

  const stepOf = (compile: Compile, method: Method, optimizer = SGD, cleanCoefficient = 0) => {
    const { weights, inputs, labels, radii, images } = tensorsOf(architecture);
    const own = { method, optimizer, cleanCoefficient, epsilon: 0.1, tradesBeta: 6 };
    const context = methodContext(compile, model, { ...own, norm, maxDistance: 0.3 } as TrainingConfig, BOUNDS);
    const moments = zerosOf(context.optimizer.stateShapes(model.parameters));
    const factors = Object.fromEntries(
      Object.entries(context.optimizer.factors(1)).map(([name, value]) => [name, scalar(value)]),
    );
    const tensors = { ...splitWeights(model, weights), moments };
    const perturbations = images(0.1);
    return { context, tensors, batch: { inputs, labels }, factors, radii, images, perturbations };
  };
  const pass = (optimizer: OptimizerConfig, cleanCoefficient: number) => (compile: Compile) => {
    const { context, tensors, batch, factors, radii, perturbations } = stepOf(
      compile,
      'mma',
      optimizer,
      cleanCoefficient,
    );
    const passes = compileMaxMargin(context);
    const clean = passes.clean(tensors.parameters, tensors.statistics, batch.inputs, batch.labels);
    const crossed = tensor1d([1, 0, 1], 'bool');
    return { clean, after: passes.finish(tensors, clean, batch, { radii, perturbations, crossed }, factors) };
  };

  return [
    named('a PGD iteration', (compile) => {
      const { weights, inputs, labels, radii, images } = tensorsOf(architecture);
      const { iterate } = compileAttackSteps(compile, classifier, threat, losses);
      return iterate(weights, { inputs, labels, perturbations: images(0.1), radii, stepSizes: radii });
    }),
    named('a bisection', (compile) => {
      const { weights, inputs, labels, radii, images } = tensorsOf(architecture);
      const { bisect } = compileAttackSteps(compile, classifier, threat, losses);
      const bracket = { low: zeros([COUNT]), high: radii, probe: radii, crossed: tensor1d([0, 1, 0], 'bool') };
      return bisect(weights, inputs, labels, images(1), bracket as never);
    }),
    ...(['untargeted', 'targeted'] as const).map((aim) =>
      named(`${aim === 'targeted' ? 'a targeted' : 'an'} iteration of descent`, (compile) => {
        const { weights, inputs, labels, radii, images, rivals } = tensorsOf(architecture);
        const steps = compileDescentSteps(compile, classifier, threat, aim);
        const problem = { inputs, classes: labels, rivals, sharpness: radii };
        const found = tensor1d([0, 1, 0], 'bool');
        const descent = { best: images(0.2), bestLengths: radii, found, perturbations: images(0.1), radii };
        const next = steps.iterate(weights, problem, descent, tensor2d([[0.5, 0.1]]));
        const source = { inputs, known: descent, maxLength: scalar(0.3), uniforms: images(1) };
        return {
          next,
          last: steps.tryLast(weights, problem, descent, next),
          rays: [steps.ascent.open(weights, problem, descent), steps.polish.open(weights, problem, descent)],
          starts: Object.values(steps.startRound).map((start) => start(source)),
        };
      }),
    ),
    named('a step at a fixed radius with momentum', (compile) => {
      const { context, tensors, batch, factors, perturbations } = stepOf(compile, 'pgd');
      const steps = compileFixedRadius(context, () => 0.1);
      const clean = steps.clean(tensors.parameters, tensors.statistics, batch.inputs, batch.labels);
      return { clean, after: steps.finish(tensors, clean, batch, perturbations, factors) };
    }),
    named('a TRADES step with momentum', (compile) => {
      const { context, tensors, batch, factors, radii, images } = stepOf(compile, 'trades');
      // Far enough that the answers differ: the gradient of the divergence of equal ones is rounding alone.
      const perturbations = images(0.3);
      const steps = compileTrades(context);
      const weights = { ...tensors.parameters, ...tensors.statistics };
      const answers = steps.answer(weights, batch.inputs);
      const next = steps.iterate(weights, answers, { ...batch, perturbations, radii, stepSizes: radii });
      return { answers, next, after: steps.descend(tensors, batch, perturbations, factors) };
    }),
    named('an MMA step with Adam', pass(ADAM, 1 / 3)),
    named('an OMMA step with momentum', pass(SGD, 0)),
  ];
}

/** Weights, with running statistics that are not those of the start, and a batch; drawn the same each time. */
function tensorsOf(architecture: Architecture) {
  const random = createRandom(11);
  const model = buildModel(architecture);
  const weights: TensorMap = toTensors(initialWeights(model, random));
  const moved = Object.fromEntries(
    Object.entries(model.statistics).map(([name, shape]) => [
      name,
      tensor(Array.from({ length: shape[0] ?? 0 }, () => 0.5 + random.uniform())),
    ]),
  );
  const shape: [number, number, number, number] = [COUNT, ...architecture.inputShape];
  const size = sizeOf(shape);
  return {
    weights: { ...weights, ...moved },
    inputs: tensor4d(random.uniforms(size), shape),
    labels: tensor1d([2, 0, 3], 'int32'),
    radii: tensor1d([0.1, 0.2, 0.3]),
    rivals: tensor([
      [1, 1, 0, 1],
      [0, 1, 0, 0],
      [1, 1, 1, 0],
    ]) as never,
    /** Values between ± a scale. */
    images: (scale: number): Tensor4D =>
      tensor4d(
        random.uniforms(size).map((value) => scale * (2 * value - 1)),
        shape,
      ),
  };
}

const zerosOf = (shapes: WeightShapes): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, zeros([...shape])]));
