import assert from 'node:assert/strict';
import { graphBuilder } from '../../../../../../core/engine/graph/graph-builder.js';
import type { Graph } from '../../../../../../core/engine/graph/graph.js';
import type { Values } from '../../../../../../core/engine/graph/ops/sources.js';
import { lowerGraph } from '../../../../../../core/engine/onnx/lowering/lower-graph.js';
import { onnxRuntime } from '../../../../../../core/engine/onnx/onnx-runtime.js';
import { createRandom } from '../../../../../../core/random.js';

/** 2^20 weights: so many that products are computed in blocks. */
const WEIGHTS = [1024, 1024] as const;

interface Case {
  readonly name: string;
  /** Of images [n, 4, 4, 64] rather than rows. */
  readonly fromImages: boolean;
  readonly transposed: boolean;
  readonly biased: boolean;
  readonly toImages: boolean;
}

const CASES: readonly Case[] = [
  { name: 'rows', fromImages: false, transposed: false, biased: false, toImages: false },
  { name: 'rows, and a bias', fromImages: false, transposed: false, biased: true, toImages: false },
  { name: 'rows, transposed', fromImages: false, transposed: true, biased: false, toImages: false },
  { name: 'images', fromImages: true, transposed: false, biased: true, toImages: false },
  { name: 'rows that become images', fromImages: false, transposed: true, biased: false, toImages: true },
  { name: 'images that become images', fromImages: true, transposed: true, biased: true, toImages: true },
];

/** The weights first: a matrix, and a bias and filters where there are some. Images come from a convolution, so that they are in blocks. */
function graphOf({ fromImages, transposed, biased, toImages }: Case, rows: number): Graph {
  const builder = graphBuilder();
  const input = (name: string, ...shape: readonly number[]) => builder.input(name, { shape, dtype: 'float32' });
  const matrix = input('matrix', ...WEIGHTS);
  const bias = input('bias', 1024);
  const filters = input('filters', 1, 1, 16, 64);
  const sliding = {
    ...{ strides: [1, 1] as const, dilations: [1, 1] as const },
    padding: { top: 0, bottom: 0, left: 0, right: 0 },
  };
  const x = fromImages
    ? builder.add('reshape', [builder.add('conv2d', [input('x', rows, 4, 4, 16), filters], sliding)], {
        shape: [rows, 1024],
      })
    : input('x', rows, 1024);
  const product = builder.add('matMul', [x, matrix], { transposeA: false, transposeB: transposed });
  const sum = biased ? builder.add('add', [product, bias], {}) : product;
  return builder.finish([toImages ? builder.add('reshape', [sum], { shape: [rows, 4, 4, 64] }) : sum]);
}

describe('products in blocks', () => {
  for (const each of CASES)
    for (const rows of [1, 5, 64])
      it(`${each.name}: ${rows} are what they are with constant weights`, () => {
        const graph = graphOf(each, rows);
        const runtime = onnxRuntime();
        const [lasting, constant] = [40, Infinity].map((runsPerWeights) =>
          runtime.load(graph, { weights: 3, runsPerWeights }),
        );
        for (const seed of [1, 2]) {
          const random = createRandom(seed);
          const inputs = graph.inputs.map((id) => {
            const size = graph.nodes[id]!.shape.reduce((a, b) => a * b, 1);
            return Float32Array.from({ length: size }, () => random.uniform() - 0.5);
          });
          const [actual, expected] = [lasting, constant].map((program) => program!.run(inputs)[0]!);
          assert.ok(largestDifference(actual!, expected!) < 2e-5, `seed ${seed}`);
          assert.ok(Math.max(...expected!) > 1, 'something is computed');
        }
        lasting!.dispose();
        constant!.dispose();
      });

  it('are for weights that last and few rows', () => {
    const products = (rows: number, lasting: boolean, block?: number) => {
      const graph = graphOf(CASES[0]!, rows);
      const { nodes } = lowerGraph(graph, {
        block,
        arrangedOnce: new Set(lasting ? graph.inputs.slice(0, 1) : []),
      }).onnx;
      return nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm').map(({ op }) => op);
    };
    assert.deepEqual(products(50, true, 16), ['Conv']);
    assert.deepEqual(products(50, false, 16), ['Gemm']);
    assert.deepEqual(products(50, true), ['Gemm']);
    assert.deepEqual(products(65, true, 16), ['Gemm']);
  });

  it('transpose images and rows once each', () => {
    const each = CASES[5]!;
    const graph = graphOf(each, 5);
    const { nodes } = lowerGraph(graph, { block: 16, arrangedOnce: new Set(graph.inputs.slice(0, 3)) }).onnx;
    const moves = nodes
      .filter(({ op }) => ['Transpose', 'ReorderInput', 'ReorderOutput'].includes(op))
      .map(({ op }) => op);
    // x into blocks, its filters, to rows, the matrix, to images, and these as the graph states them.
    assert.deepEqual(moves.sort(), ['ReorderInput', 'ReorderOutput', ...new Array<string>(4).fill('Transpose')]);
  });
});

const largestDifference = (actual: Values, expected: Values): number =>
  Math.max(...Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? NaN))));
