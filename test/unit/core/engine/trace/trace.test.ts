import assert from 'node:assert/strict';
import {
  add,
  cumsum,
  dispose,
  getBackend,
  memory,
  mul,
  sub,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import type { Compile, TensorTree } from '../../../../../core/engine/engine.js';
import { checkGraph } from '../../../../../core/engine/graph/check-graph.js';
import { simplify } from '../../../../../core/engine/graph/simplify/simplify.js';
import type { Graph } from '../../../../../core/engine/graph/graph.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { leavesOf, mapTree } from '../../../../../core/engine/tensor-tree.js';
import { trace } from '../../../../../core/engine/trace/trace.js';
import { interpretGraph } from '../../../../support/interpret-graph.js';
import { assertNear } from '../../../../support/near.js';
import { STEP_CASES } from '../../../../support/step-cases.js';

/** Compiles by tracing and interpreting what was traced. */
const interpreted =
  (change: (graph: Graph) => Graph): Compile =>
  (fn) =>
  (...inputs) => {
    const { graph, result } = trace(fn, inputs);
    const changed = change(graph);
    checkGraph(changed);
    const outputs = interpretGraph(changed, leavesOf<Tensor>(inputs));
    return mapTree<number, Tensor>(result, (i) => outputs[i] as Tensor) as never;
  };

const valuesOf = (tree: TensorTree): number[][] =>
  tidy(() => leavesOf<Tensor>(tree).map((tensor) => Array.from(tensor.dataSync())));

/** A function with a name to be found in an error. */
const runningTotal = (values: Tensor1D): Tensor => cumsum(values);

describe('tracing', () => {
  before(async () => {
    await openEngine('wasm');
  });

  for (const { name, run } of STEP_CASES)
    it(`records what ${name} computes`, () => {
      const before = memory().numTensors;
      const [eager, whole, simplified] = [
        tidy(() => valuesOf(run((fn) => fn))),
        tidy(() => valuesOf(run(interpreted((graph) => graph)))),
        tidy(() => valuesOf(run(interpreted(simplify)))),
      ];
      eager.forEach((values, i) => {
        assertNear(whole[i] ?? [], values, 1e-5, `result ${i}`);
        assertNear(simplified[i] ?? [], values, 1e-4, `simplified result ${i}`);
      });
      assert.equal(memory().numTensors, before);
    });

  it('keeps names, structures, and tensors from outside as constants', () => {
    const outside = tensor1d([1, 2]);
    const [a, b] = [tensor1d([3, 4]), tensor1d([5, 6])];
    const before = memory().numTensors;
    const { graph, result } = trace(
      (weights: { a: Tensor1D }, [other]: readonly [Tensor1D]) => ({
        all: [mul(add(weights.a, outside), other)],
        a: weights.a,
      }),
      [{ a }, [b]],
    );
    assert.equal(memory().numTensors, before);
    assert.deepEqual(result, { all: [0], a: 1 });
    assert.deepEqual(
      graph.inputs.map((id) => graph.nodes[id]?.attrs),
      [
        { name: '0.a', shape: [2], dtype: 'float32' },
        { name: '1.0', shape: [2], dtype: 'float32' },
      ],
    );
    outside.dispose();
    const [product, same] = interpretGraph(graph, [a, b]);
    assert.deepEqual(Array.from(product?.dataSync() ?? []), [20, 36]);
    assert.deepEqual(Array.from(same?.dataSync() ?? []), [3, 4]);
    dispose([a, b, product!]);
  });

  it('names a kernel that it does not know, and the function that used it', () => {
    const values = tensor1d([1, 2, 3]);
    assert.throws(
      () => trace(runningTotal, [values]),
      /a compiled function cannot use the kernel Cumsum; used by .*runningTotal/,
    );
    assert.equal(getBackend(), 'wasm');
    assert.equal(sum(values).dataSync()[0], 6);
    values.dispose();
  });

  it('refuses functions that read tensors', () => {
    const values = tensor1d([1, 2, 3]);
    const reads = (x: Tensor1D) => sub(x, x.dataSync()[0] ?? 0);
    assert.throws(() => trace(reads, [values]), /a compiled function must not read the values of tensors/);
    assert.equal(getBackend(), 'wasm');
    values.dispose();
  });

  it('refuses types that are not numbers', () => {
    const words = tensor2d(['a', 'b'], [1, 2], 'string');
    assert.throws(() => trace((x: Tensor) => x, [words]), /expected tensors of float32, int32 or bool .*, got string/);
    words.dispose();
  });
});
