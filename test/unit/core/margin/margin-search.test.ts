import assert from 'node:assert/strict';
import { add, matMul, memory, reshape, tensor1d, tensor2d, tensor4d } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { WeightedClassifier } from '../../../../core/margin/attack-steps.js';
import { compileMarginSearch } from '../../../../core/margin/margin-search.js';
import { openEngine } from '../../../../core/engine/open-engine.js';

const linear: WeightedClassifier = (weights, inputs) =>
  add(matMul(reshape(inputs, [inputs.shape[0], -1]), weights['kernel'] as Tensor2D), weights['bias']!);

describe('margin search', () => {
  it('finds the closed-form margin of a linear model', async () => {
    const engine = await openEngine('wasm');
    const weights = { kernel: tensor2d([1, -1, 2, -2, -0.5, 0.5, 0.3, -0.3], [4, 2]), bias: tensor1d([0.1, 0]) };
    const inputs = tensor4d([0.5, 0.5, 0.5, 0.5], [1, 2, 2, 1]);
    const search = compileMarginSearch(engine.compile, linear, { norm: 'linf', bounds: { lower: 0, upper: 1 } });
    const before = memory().numTensors;
    const { findings, perturbations } = await search.find({
      weights,
      inputs,
      maxDistance: 0.5,
      maxGradientEvaluations: 20,
      seed: 1n,
    });
    const margin = (2 * (0.5 * 2.8) + 0.1) / (2 * 3.8);
    assert.ok(Math.abs((findings[0]?.distance ?? 0) - margin) < 0.01 * margin);
    perturbations.dispose();
    assert.equal(memory().numTensors, before);
  });
});
