import assert from 'node:assert/strict';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { checkGraph } from '../../../../../core/engine/graph/check-graph.js';
import { graphBuilder, type GraphBuilder } from '../../../../../core/engine/graph/graph-builder.js';
import type { Graph, NodeId, Shape } from '../../../../../core/engine/graph/graph.js';
import { printGraph } from '../../../../../core/engine/graph/print-graph.js';
import { simplify } from '../../../../../core/engine/graph/simplify/simplify.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { createRandom, type Random } from '../../../../../core/random.js';
import { interpretGraph } from '../../../../support/interpret-graph.js';
import { assertNear } from '../../../../support/near.js';

/** The lines of a simplified graph of inputs x [2, 3], b [3] and c bool [2, 3] between its inputs and its return. */
function simplified(build: (graph: GraphBuilder, x: NodeId, b: NodeId, c: NodeId) => NodeId): string[] {
  const graph = graphBuilder();
  const x = graph.input('x', { shape: [2, 3], dtype: 'float32' });
  const b = graph.input('b', { shape: [3], dtype: 'float32' });
  const c = graph.input('c', { shape: [2, 3], dtype: 'bool' });
  const result = simplify(graph.finish([build(graph, x, b, c)]));
  checkGraph(result);
  return printGraph(result)
    .split('\n')
    .slice(4, -1)
    .map((line) => line.trim());
}

describe('simplifying a graph', () => {
  before(async () => {
    await openEngine('wasm');
  });

  it('computes constants', () => {
    assert.deepEqual(
      simplified((graph, x) => {
        const two = graph.add('add', [graph.fill(1, [3]), graph.fill(1, [2, 3])], {});
        return graph.add('mul', [x, graph.add('reshape', [two], { shape: [2, 3] })], {});
      }),
      ['%3 = constant 2: float32[]', '%4 = mul(%0, %3): float32[2, 3]', 'return %4'],
    );
  });

  it('leaves out what changes nothing', () => {
    assert.deepEqual(
      simplified((graph, x) => {
        const same = graph.add('add', [graph.add('mul', [x, graph.fill(1, [])], {}), graph.fill(0, [2, 3])], {});
        const there = graph.add('reshape', [graph.add('transpose', [same], { permutation: [1, 0] })], {
          shape: [3, 2],
        });
        const back = graph.add('transpose', [there], { permutation: [1, 0] });
        return graph.add('neg', [graph.add('neg', [graph.add('cast', [back], { dtype: 'float32' })], {})], {});
      }),
      ['return %0'],
    );
  });

  it('broadcasts where it must', () => {
    assert.deepEqual(
      simplified((graph, _, b) => graph.add('add', [b, graph.fill(0, [2, 3])], {})),
      ['%3 = broadcastTo(%1) {shape: [2, 3]}: float32[2, 3]', 'return %3'],
    );
    assert.deepEqual(
      simplified((graph, x, b) => graph.add('sub', [x, graph.add('broadcastTo', [b], { shape: [2, 3] })], {})),
      ['%3 = sub(%0, %1): float32[2, 3]', 'return %3'],
    );
  });

  it('does nothing twice, and nothing in vain', () => {
    assert.deepEqual(
      simplified((graph, x) => {
        graph.add('log', [x], {});
        return graph.add('sub', [graph.add('exp', [x], {}), graph.add('exp', [x], {})], {});
      }),
      ['%3 = exp(%0): float32[2, 3]', '%4 = sub(%3, %3): float32[2, 3]', 'return %4'],
    );
  });

  it('turns products with masks into choices', () => {
    assert.deepEqual(
      simplified((graph, x, _, c) => {
        const step = graph.add('select', [c, graph.fill(1, [2, 3]), graph.fill(0, [2, 3])], {});
        return graph.add('mul', [x, graph.add('cast', [step], { dtype: 'float32' })], {});
      }),
      ['%3 = constant 0: float32[]', '%4 = select(%2, %0, %3): float32[2, 3]', 'return %4'],
    );
  });

  it('finds the part of a concatenation', () => {
    assert.deepEqual(
      simplified((graph, x) => {
        const both = graph.add('concat', [graph.fill(0, [2, 1]), x], { axis: 1 });
        return graph.add('slice', [both], { begin: [0, 1], size: [2, 3] });
      }),
      ['return %0'],
    );
  });

  it('does not take −0 for 0, nor large constants for each other', () => {
    assert.deepEqual(
      simplified((graph, x) =>
        graph.add('div', [x, graph.add('maximum', [graph.fill(-0, []), graph.fill(-0, [])], {})], {}),
      ),
      ['%3 = constant 0: float32[]', '%4 = div(%0, %3): float32[2, 3]', 'return %4'],
    );
    const divided = (graph: GraphBuilder, x: NodeId, by: NodeId) => graph.add('div', [x, by], {});
    const kept = simplified((graph, x) => {
      const zeros = [divided(graph, x, graph.fill(-0, [])), divided(graph, x, graph.fill(0, []))] as const;
      const vector = (...values: number[]) => graph.constant(Float32Array.from(values), [3], 'float32');
      const vectors = [divided(graph, x, vector(1, 2, 3)), divided(graph, x, vector(1, 2, 4))] as const;
      return graph.add('concat', [...zeros, ...vectors], { axis: 0 });
    });
    assert.equal(kept.filter((line) => line.includes('= constant')).length, 4);
    assert.equal(kept.filter((line) => line.includes('= div')).length, 4);
  });

  it('computes the same (random graphs)', () => {
    const random = createRandom(5);
    for (let i = 0; i < 60; i++) {
      const graph = randomGraph(random);
      const small = simplify(graph);
      checkGraph(graph);
      checkGraph(small);
      assert.ok(small.nodes.length <= graph.nodes.length);
      tidy(() => {
        const inputs = graph.inputs.map((id) => {
          const shape = graph.nodes[id]?.shape ?? [];
          return tensor(random.uniforms(6).subarray(0, shape[0] === 2 ? 6 : 3), [...shape]);
        });
        const [expected, actual] = [interpretGraph(graph, inputs), interpretGraph(small, inputs)];
        expected.forEach((value, output) => {
          assertNear(actual[output]?.dataSync() ?? [], value.dataSync(), 1e-6, printGraph(graph));
        });
      });
    }
  });
});

/** Twenty random operations on two inputs, with constants that simplification looks for. */
function randomGraph(random: Random): Graph {
  const graph = graphBuilder();
  const values: NodeId[] = [
    graph.input('x', { shape: [2, 3], dtype: 'float32' }),
    graph.input('b', { shape: [3], dtype: 'float32' }),
  ];
  const pick = (): NodeId => values[random.below(values.length)]!;
  const whole: Shape = [2, 3];
  const constants = [
    () => graph.fill(0, whole),
    () => graph.fill(1, [3]),
    () => graph.fill(-1, []),
    () => graph.constant(random.uniforms(3), [3], 'float32'),
  ];
  const steps: (() => NodeId)[] = [
    () => constants[random.below(constants.length)]!(),
    () => graph.add('add', [pick(), pick()], {}),
    () => graph.add('mul', [pick(), pick()], {}),
    () => graph.add('sub', [pick(), pick()], {}),
    () => graph.add('neg', [pick()], {}),
    () => graph.add('relu', [pick()], {}),
    () => graph.add('select', [graph.add('greater', [pick(), pick()], {}), pick(), pick()], {}),
    () => graph.add('cast', [graph.add('less', [pick(), pick()], {})], { dtype: 'float32' }),
    () => graph.add('broadcastTo', [pick()], { shape: whole }),
    () => {
      const wide = graph.add('concat', [graph.add('broadcastTo', [pick()], { shape: whole }), graph.fill(0, [2, 1])], {
        axis: 1,
      });
      return graph.add('slice', [wide], { begin: [0, random.below(2)], size: whole });
    },
    () => {
      const turned = graph.add('transpose', [graph.add('broadcastTo', [pick()], { shape: whole })], {
        permutation: [1, 0],
      });
      return graph.add('reshape', [turned], { shape: whole });
    },
    () => graph.add('sum', [graph.add('broadcastTo', [pick()], { shape: whole })], { axes: [0], keepDims: false }),
  ];
  for (let i = 0; i < 20; i++) values.push(steps[random.below(steps.length)]!());
  return graph.finish(values.slice(-3));
}
