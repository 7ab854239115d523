import { clone, dispose, scalar, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { mapNamed } from '../named.js';
import { cleanPass, type CleanPass } from './clean-pass.js';
import { sumOverProcesses } from './sums.js';
import type { CompiledMethod, MethodContext, TrainingMethod } from './training-method.js';

/** Ordinary training: mean CE(x). */
export const standard: TrainingMethod = {
  fields: { cleanCoefficient: { only: 1 } },
  losses: ['clean'],
  compile: compileStandard,
};

type Gradients = Pick<CleanPass, 'gradients' | 'figures'>;

function compileStandard(context: MethodContext): CompiledMethod {
  const { compile, optimizer, world } = context;
  const clean = compile((parameters: TensorMap, statistics: TensorMap, inputs: Tensor4D, labels: Tensor1D) => {
    const { gradients, figures, statistics: moved } = cleanPass(context, 1, parameters, statistics, inputs, labels);
    return { gradients, figures, statistics: moved };
  });
  const descend = compile((parameters: TensorMap, moments: TensorMap, pass: Gradients, factors: TensorMap) => {
    const { gradients, report } = sumOverProcesses(world, pass.gradients, pass.figures);
    return { ...optimizer.update(parameters, gradients, moments, factors), report: clone(report) };
  });
  return {
    step: async ({ parameters, statistics, moments }, { inputs, labels }, step) => {
      const pass = tidy(() => clean(parameters, statistics, inputs, labels));
      const { gradients, figures } = pass;
      const factors = mapNamed(optimizer.factors(step + 1), (value) => scalar(value));
      const next = tidy(() => descend(parameters, moments, { gradients, figures }, factors));
      const [cleanLoss = NaN, accuracy = NaN] = await next.report.data();
      dispose([gradients, figures, factors, next.report]);
      return {
        tensors: { parameters: next.parameters, statistics: pass.statistics, moments: next.state },
        report: { cleanLoss, accuracy, marginLoss: 0, radii: new Float32Array(0) },
      };
    },
  };
}
