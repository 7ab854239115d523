import assert from 'node:assert/strict';
import { graphBuilder } from '../../../../../core/engine/graph/graph-builder.js';
import type { Graph } from '../../../../../core/engine/graph/graph.js';
import { loadTorchAddon, type Precision } from '../../../../../core/engine/torch/addon-binding.js';
import { torchRuntime } from '../../../../../core/engine/torch/torch-runtime.js';
import { createRandom } from '../../../../../core/random.js';
import { openTorchFor } from '../../../../support/torch-engine.js';

const SLIDING = {
  strides: [1, 1],
  dilations: [1, 1],
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
} as const;
const IMAGES = { shape: [2, 6, 6, 3], dtype: 'float32' } as const;
const FILTERS = { shape: [3, 3, 3, 4], dtype: 'float32' } as const;
const DENSE = { shape: [144, 5], dtype: 'float32' } as const;

/** A convolution and its gradients, and a product with a bias. */
function network(): Graph {
  const graph = graphBuilder();
  const [x, w, d] = [graph.input('x', IMAGES), graph.input('w', FILTERS), graph.input('d', DENSE)];
  const convolved = graph.add('conv2d', [x, w], SLIDING);
  const product = graph.add('matMul', [graph.add('reshape', [convolved], { shape: [2, 144] }), d], {
    transposeA: false,
    transposeB: false,
  });
  return graph.finish([
    graph.add('add', [product, graph.constant(Float32Array.of(1, 2, 3, 4, 5), [5], 'float32')], {}),
    graph.add('conv2dImageGradient', [convolved, w], { ...SLIDING, imageShape: IMAGES.shape }),
    graph.add('conv2dFilterGradient', [x, convolved], { ...SLIDING, filterShape: FILTERS.shape }),
  ]);
}

describe('torch: precisions of convolutions and products', () => {
  before(async function () {
    await openTorchFor(this);
  });

  /** All results, one after the other. */
  const run = (precision: Precision): Float32Array => {
    const session = new (loadTorchAddon().Session)('cpu', precision);
    const runtime = torchRuntime(session, { device: 'cpu', float32: precision === 'float32' });
    const graph = network();
    const random = createRandom(3);
    const inputs = [IMAGES, FILTERS, DENSE].map((type) => {
      const size = type.shape.reduce<number>((product, extent) => product * extent, 1);
      return runtime.upload(
        Float32Array.from({ length: size }, () => random.normal()),
        type,
      );
    });
    const program = runtime.load(graph, { weights: 0, runsPerWeights: 1 });
    const outputs = program.run(inputs);
    const values = graph.outputs.flatMap((id, i) => [...runtime.download(outputs[i] ?? 0, graph.nodes[id]!)]);
    for (const tensor of [...inputs, ...outputs]) runtime.release(tensor);
    assert.equal(session.held(), 0);
    program.dispose();
    return Float32Array.from(values);
  };
  const distance = (a: Float32Array, b: Float32Array): number =>
    Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b);

  it('bfloat16 keeps eight bits of each factor, and sums in float32', () => {
    const error = distance(run('bfloat16'), run('float32'));
    assert.ok(error > 1e-5 && error < 1e-2, `${error}`);
  });

  it('tf32 is float32 on a CPU', () => {
    assert.ok(distance(run('tf32'), run('float32')) < 1e-6);
  });

  it('refuses others', () => {
    assert.throws(() => run('half' as Precision), /expected float32, tf32 or bfloat16, got half/);
  });
});
