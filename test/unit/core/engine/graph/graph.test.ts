import assert from 'node:assert/strict';
import { tensor1d, tensor4d, tidy, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../../../core/engine/engine.js';
import { checkGraph } from '../../../../../core/engine/graph/check-graph.js';
import { graphBuilder } from '../../../../../core/engine/graph/graph-builder.js';
import type { Graph } from '../../../../../core/engine/graph/graph.js';
import { printGraph } from '../../../../../core/engine/graph/print-graph.js';
import { simplify } from '../../../../../core/engine/graph/simplify/simplify.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { trace } from '../../../../../core/engine/trace/trace.js';
import { softLogitMargin } from '../../../../../core/margin/losses.js';
import { inputGradient } from '../../../../../core/margin/pgd-iteration.js';
import { LENET5, lenet } from '../../../../../core/model/lenet.js';
import { buildModel } from '../../../../../core/model/model.js';
import { initialWeights, toTensors } from '../../../../../core/model/weights.js';
import { createRandom } from '../../../../../core/random.js';
import { LENET_INPUT_GRADIENT } from './lenet-input-gradient.js';

describe('a graph', () => {
  before(async () => {
    await openEngine('wasm');
  });

  it('refuses operands that do not fit, naming the operation', () => {
    const graph = graphBuilder();
    const x = graph.input('x', { shape: [1, 5, 5, 2], dtype: 'float32' });
    const f = graph.input('f', { shape: [3, 3, 3, 4], dtype: 'float32' });
    const sliding = { strides: [1, 1], dilations: [1, 1], padding: { top: 0, bottom: 0, left: 0, right: 0 } } as const;
    const i = graph.input('i', { shape: [2], dtype: 'int32' });
    for (const [build, message] of [
      [() => graph.add('conv2d', [x, f], sliding), /graph: conv2d: expected filters of 2 channels, got \[3,3,3,4\]/],
      [() => graph.add('add', [x, f], {}), /graph: add: expected shapes that broadcast/],
      [() => graph.add('add', [x], {}), /graph: add: expected 2 operands, got 1/],
      [
        () => graph.add('relu', [graph.add('greater', [x, x], {})], {}),
        /graph: relu: expected float32 or int32, got "bool"/,
      ],
      [() => graph.add('reshape', [x], { shape: [7] }), /graph: reshape: expected a shape of 50 elements, got \[7\]/],
      [
        () => graph.add('matMul', [i, i], { transposeA: false, transposeB: false }),
        /graph: matMul: expected float32, got "int32"/,
      ],
      [
        () => graph.add('sum', [x], { axes: [2, 1], keepDims: false }),
        /graph: sum: expected ascending axes below 4, got \[2,1\]/,
      ],
      [() => graph.add('neg', [99], {}), /expected one of \d+ nodes, got %99/],
    ] as const)
      assert.throws(build, message);
  });

  it('is checked as a whole', () => {
    const graph = graphBuilder();
    const x = graph.input('x', { shape: [2], dtype: 'float32' });
    const good = graph.finish([graph.add('exp', [x], {})]);
    checkGraph(good);
    const [input, exp] = good.nodes;
    const broken: readonly [Partial<Graph>, RegExp][] = [
      [{ nodes: [input!, { ...exp!, shape: [3] }] }, /%1: expected exp of float32\[2\], got float32\[3\]/],
      [{ nodes: [input!, { ...exp!, inputs: [1] }] }, /%1: expected operands before it, got %1/],
      [{ outputs: [7] }, /expected one of 2 nodes, got %7/],
      [{ inputs: [] }, /%0: expected an input to be listed once/],
    ];
    for (const [change, message] of broken)
      assert.throws(() => {
        checkGraph({ ...good, ...change });
      }, message);
  });

  it('is plain data', () => {
    const graph = graphBuilder();
    const x = graph.input('x', { shape: [2], dtype: 'float32' });
    const whole = graph.finish([graph.add('mul', [x, graph.constant(Float32Array.of(1, 2), [2], 'float32')], {})]);
    assert.deepEqual(structuredClone(whole), whole);
  });

  it('of the input gradient of LeNet5 reads as it should', () => {
    const model = buildModel(lenet(LENET5));
    tidy(() => {
      const weights = toTensors(initialWeights(model, createRandom(0)));
      const gradient = (all: TensorMap, inputs: Tensor4D, labels: Tensor1D) =>
        inputGradient((images) => model.apply(all, {}, images, false).logits, softLogitMargin, inputs, labels);
      const inputs = tensor4d(new Float32Array(2 * 784), [2, 28, 28, 1]);
      const { graph } = trace(gradient, [weights, inputs, tensor1d([0, 1], 'int32')]);
      assert.equal(printGraph(simplify(graph)), LENET_INPUT_GRADIENT);
    });
  });
});
