import assert from 'node:assert/strict';
import { graphBuilder } from '../../../../../core/engine/graph/graph-builder.js';
import { lowerToTorch } from '../../../../../core/engine/torch/lowering/lower.js';
import type { Target } from '../../../../../core/engine/torch/lowering/lowering.js';

const CPU: Target = { device: 'cpu', float32: true };
const CUDA: Target = { device: 'cuda', float32: true };
const SLIDING = {
  strides: [1, 1],
  dilations: [1, 1],
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
} as const;
const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

type Builder = ReturnType<typeof graphBuilder>;

/** The instructions of what a function builds. */
function instructionsOf(build: (graph: Builder) => readonly number[], target = CPU): string[] {
  const graph = graphBuilder();
  const built = graph.finish(build(graph));
  const { steps } = lowerToTorch(
    built,
    built.inputs.map(() => false),
    target,
  );
  return steps.map(({ instruction, operands }) => `${instruction}/${operands.length}`);
}

describe('instructions of libtorch', () => {
  const convolution = (graph: Builder) =>
    graph.add('conv2d', [graph.input('x', float(2, 6, 6, 3)), graph.input('w', float(3, 3, 3, 4))], SLIDING);

  it('add a bias in the convolution or the product', () => {
    const biased = (graph: Builder) => [graph.add('add', [convolution(graph), graph.input('b', float(4))], {})];
    assert.deepEqual(instructionsOf(biased), ['filters/1', 'conv2d/3']);
    const product = (graph: Builder) => {
      const [a, b, bias] = [float(2, 3), float(3, 5), float(5)].map((type, i) => graph.input(`${i}`, type));
      return [graph.add('add', [bias!, graph.add('matMul', [a!, b!], { transposeA: false, transposeB: false })], {})];
    };
    assert.deepEqual(instructionsOf(product), ['matMul/3']);
  });

  it('leave a bias alone that somebody sees without, or that is no vector of the channels', () => {
    const seen = (graph: Builder) => {
      const convolved = convolution(graph);
      return [convolved, graph.add('add', [convolved, graph.input('b', float(4))], {})];
    };
    assert.deepEqual(instructionsOf(seen), ['filters/1', 'conv2d/2', 'add/2']);
    const scalar = (graph: Builder) => [graph.add('add', [convolution(graph), graph.fill(1, [])], {})];
    assert.deepEqual(instructionsOf(scalar), ['filters/1', 'conv2d/2', 'add/2']);
  });

  it('take the gradient of a rectifier in one step', () => {
    const gradient = (limit: number) => (graph: Builder) => {
      const [x, dy] = [graph.input('x', float(2, 3)), graph.input('dy', float(2, 3))];
      const mask = graph.add('greater', [x, graph.fill(limit, [])], {});
      return [graph.add('select', [mask, dy, graph.fill(0, [])], {})];
    };
    assert.deepEqual(instructionsOf(gradient(0)), ['rectifierGradient/2']);
    assert.deepEqual(instructionsOf(gradient(1)), ['greater/2', 'select/3']);
  });

  it('turn the filters around for the gradient in images on a CPU, where the stride is 1', () => {
    const gradient =
      (stride: 1 | 2) =>
      (graph: Builder): readonly number[] => {
        const [dy, w] = [graph.input('dy', float(2, 6 / stride, 6 / stride, 4)), graph.input('w', float(3, 3, 3, 4))];
        const attrs = { ...SLIDING, strides: [stride, stride] as const, imageShape: [2, 6, 6, 3] };
        return [graph.add('conv2dImageGradient', [dy, w], attrs)];
      };
    assert.deepEqual(instructionsOf(gradient(1)), ['filters/1', 'conv2d/2']);
    assert.deepEqual(instructionsOf(gradient(2)), ['conv2dImageGradient/2']);
    assert.deepEqual(instructionsOf(gradient(1), CUDA), ['conv2dImageGradient/2']);
  });

  it('find maxima and their places once for a pooling and its gradient', () => {
    const pooling = {
      ...SLIDING,
      strides: [2, 2] as const,
      padding: { top: 0, bottom: 0, left: 0, right: 0 },
      size: [2, 2] as const,
    };
    const pooled = (graph: Builder) => {
      const [x, dy] = [graph.input('x', float(2, 4, 4, 3)), graph.input('dy', float(2, 2, 2, 3))];
      const maxima = graph.add('maxPool', [x], pooling);
      return [maxima, graph.add('maxPoolGradient', [dy, x, maxima], pooling)];
    };
    assert.deepEqual(instructionsOf(pooled), ['maxPool/1', 'maxPoolGradient/3']);
  });

  describe('of a convolution of few channels whose maxima alone are used', () => {
    const pooling = {
      ...SLIDING,
      strides: [2, 2] as const,
      padding: { top: 0, bottom: 0, left: 0, right: 0 },
      size: [2, 2] as const,
    };
    /** relu(maxPool(conv(x) + b)), and its gradient in x or in the filters. */
    const network =
      (wanted: 'forward' | 'image' | 'filters', channels = 1) =>
      (graph: Builder): readonly number[] => {
        const types = [float(2, 6, 6, channels), float(3, 3, channels, 4), float(4), float(2, 3, 3, 4)];
        const [x, w, b, dy] = types.map((type, i) => graph.input(`${i}`, type)) as [number, number, number, number];
        const convolved = graph.add('add', [graph.add('conv2d', [x, w], SLIDING), b], {});
        const maxima = graph.add('maxPool', [convolved], pooling);
        const rectified = graph.add('relu', [maxima], {});
        if (wanted === 'forward') return [rectified];
        const mask = graph.add('greater', [maxima, graph.fill(0, [])], {});
        const masked = graph.add('select', [mask, dy, graph.fill(0, [])], {});
        const spread = graph.add('maxPoolGradient', [masked, convolved, maxima], pooling);
        if (wanted === 'filters')
          return [graph.add('conv2dFilterGradient', [x, spread], { ...SLIDING, filterShape: [3, 3, channels, 4] })];
        const gradient = graph.add('conv2dImageGradient', [spread, w], { ...SLIDING, imageShape: [2, 6, 6, channels] });
        return [rectified, gradient];
      };

    it('are one pass over each image, forward and back', () => {
      assert.deepEqual(instructionsOf(network('forward')), ['pooledConvolution/3', 'relu/1']);
      assert.deepEqual(instructionsOf(network('image')), [
        'pooledConvolution/3',
        'relu/1',
        'rectifierGradient/2',
        'pooledConvolutionImageGradient/3',
      ]);
    });

    it('stay the library’s where more is used of it, on a GPU and with many channels', () => {
      assert.ok(!instructionsOf(network('filters')).includes('pooledConvolution/3'));
      assert.ok(!instructionsOf(network('image'), CUDA).includes('pooledConvolution/3'));
      assert.ok(!instructionsOf(network('image', 32)).includes('pooledConvolution/3'));
    });
  });
});
