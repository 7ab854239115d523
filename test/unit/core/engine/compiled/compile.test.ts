import assert from 'node:assert/strict';
import {
  add,
  dispose,
  keep,
  memory,
  mul,
  scalar,
  sub,
  sum,
  tensor,
  tensor1d,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { compileFor } from '../../../../../core/engine/compiled/compile.js';
import { residentTensors } from '../../../../../core/engine/compiled/resident-tensors.js';
import type { ProgramHints, Runtime } from '../../../../../core/engine/compiled/runtime.js';
import type { Compile } from '../../../../../core/engine/engine.js';
import type { Graph } from '../../../../../core/engine/graph/graph.js';
import type { Values } from '../../../../../core/engine/graph/ops/sources.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { interpretGraph } from '../../../../support/interpret-graph.js';

/** Numbers in a box, so that it is seen who holds them. */
interface Box {
  readonly values: Values;
}

/** Runs graphs by interpreting them, and counts what it holds. */
class Interpreter implements Runtime<Box> {
  readonly boxes = new Set<Box>();
  readonly loaded: { readonly graph: Graph; readonly hints: ProgramHints; runs: number; disposed: boolean }[] = [];
  uploads = 0;

  upload(values: Values): Box {
    this.uploads++;
    return this.#hold(values);
  }
  download({ values }: Box): Values {
    return values.slice();
  }
  release(box: Box): void {
    assert.ok(this.boxes.delete(box), 'released once');
  }
  load(graph: Graph, hints: ProgramHints) {
    const program = { graph, hints, runs: 0, disposed: false };
    this.loaded.push(program);
    return {
      run: (inputs: readonly Box[]) => {
        program.runs++;
        const outputs: Values[] = tidy(() => {
          const tensors = graph.inputs.map((id, i) => {
            const { shape = [], dtype } = graph.nodes[id] ?? {};
            return tensor(Array.from(inputs[i]?.values ?? []), [...shape], dtype);
          });
          return interpretGraph(graph, tensors).map((output): Values => output.dataSync());
        });
        return outputs.map((values) => this.#hold(values));
      },
      dispose: () => {
        program.disposed = true;
      },
    };
  }
  #hold(values: Values): Box {
    const box = { values };
    this.boxes.add(box);
    return box;
  }
}

describe('compiling for a runtime', () => {
  const runtime = new Interpreter();
  let compile: Compile;

  before(async () => {
    await openEngine('wasm');
    compile = compileFor(runtime, residentTensors('interpreter', runtime));
  });
  beforeEach(() => {
    runtime.loaded.length = 0;
    runtime.uploads = 0;
  });
  afterEach(() => {
    assert.equal(runtime.boxes.size, 0, 'buffers held');
  });

  it('takes fields in any order for the same arguments', () => {
    const compiled = compile((given: { readonly [name: string]: Scalar }) => sub(given['a']!, given['b']!));
    const [two, three] = [scalar(2), scalar(3)];
    const differences = [
      { a: two, b: three },
      { b: three, a: two },
      { b: two, a: three },
    ].map((given) => tidy(() => compiled(given).dataSync()[0]));
    dispose([two, three]);
    assert.deepEqual(differences, [-1, -1, 1]);
    assert.equal(runtime.loaded.length, 1);
  });

  it('traces once for each structure of arguments, and keeps what was used last', () => {
    const double = compile((values: Tensor1D) => mul(values, 2));
    const before = memory().numTensors;
    for (const length of [3, 3, 5, 3])
      tidy(() => {
        const ones = tensor1d(Array<number>(length).fill(1));
        assert.deepEqual(Array.from(double(ones).dataSync()), Array<number>(length).fill(2));
      });
    assert.deepEqual(
      runtime.loaded.map(({ runs }) => runs),
      [3, 1],
    );
    for (let length = 6; length < 17; length++)
      tidy(() => {
        double(tensor1d(Array<number>(length).fill(1)));
      });
    assert.deepEqual(
      runtime.loaded.filter(({ disposed }) => disposed).map(({ graph }) => graph.nodes[0]?.shape),
      [[5]],
    );
    assert.equal(memory().numTensors, before);
  });

  it('leaves tensors where they are computed, until an eager kernel or a reader needs them', async () => {
    const step = compile((state: { readonly a: Tensor1D; readonly b: Tensor1D }) => ({
      a: add(state.a, state.b),
      b: state.a,
    }));
    let state = { a: tensor1d([1, 2]), b: tensor1d([1, 1]) };
    for (let i = 0; i < 3; i++) {
      const next = tidy(() => step(state));
      dispose(state);
      state = next as typeof state;
    }
    assert.equal(runtime.uploads, 2);
    assert.deepEqual(Array.from(await state.a.data()), [5, 8]);
    assert.deepEqual(Array.from(sum(state.b).dataSync()), [8]);
    const clone = keep(state.a.clone());
    state.a.dispose();
    assert.deepEqual(Array.from(clone.dataSync()), [5, 8]);
    dispose([clone, state.b]);
  });

  it('tells the runtime which inputs are weights, and how long they last', () => {
    const apply = compile(
      (weights: { readonly w: Tensor1D; readonly b: Scalar }, x: Tensor1D) => add(mul(weights.w, x), weights.b),
      {
        callsPerWeights: 40,
      },
    );
    tidy(() => {
      const result = apply({ w: tensor1d([1, 2]), b: scalar(1) }, tensor1d([3, 4]));
      assert.deepEqual(Array.from(result.dataSync()), [4, 9]);
    });
    assert.deepEqual(runtime.loaded[0]?.hints, { weights: 2, runsPerWeights: 40 });
  });

  it('makes compiled functions part of the compiled function that calls them', () => {
    const inner = compile((x: Tensor1D) => mul(x, 3));
    const outer = compile((x: Tensor1D): Tensor => sum(inner(x)));
    tidy(() => {
      assert.equal(outer(tensor1d([1, 2])).dataSync()[0], 9);
    });
    assert.equal(runtime.loaded.length, 1);
  });

  it('gives a tensor of its own for each result, arguments and constants too', () => {
    const echo = compile((x: Tensor1D): readonly Tensor[] => [x, x, scalar(7)]);
    const x = tensor1d([1, 2]);
    const [first, second, seven] = echo(x) as [Tensor, Tensor, Tensor];
    x.dispose();
    first.dispose();
    assert.deepEqual(Array.from(second.dataSync()), [1, 2]);
    assert.deepEqual(Array.from(seven.dataSync()), [7]);
    dispose([second, seven]);
  });
});
