import assert from 'node:assert/strict';
import { dispose, square, sum, tensor1d, valueAndGrad } from '@tensorflow/tfjs-core';
import { printGraph } from '../../../../../core/engine/graph/print-graph.js';
import { simplify } from '../../../../../core/engine/graph/simplify/simplify.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { trace } from '../../../../../core/engine/trace/trace.js';
import { meanOver, sumOver } from '../../../../../core/engine/world/all-reduce.js';
import { placed, sumsOver } from '../../../../../core/engine/world/joined.js';
import { anyOf, broadcast, sameInAll } from '../../../../../core/engine/world/messages.js';
import { ALONE, type World } from '../../../../../core/engine/world/world.js';

/** A world whose other process has zeros. */
const SECOND_OF_TWO: World = { rank: 1, size: 2, total: () => undefined };

describe('sums over processes', () => {
  before(() => openEngine('wasm'));

  it('are an operation of the graph, and so is their gradient', () => {
    const x = tensor1d([1, 2, 3]);
    const { graph } = trace(
      (at: typeof x) => {
        const { value, grad } = valueAndGrad((v) => sum(square(sumOver(SECOND_OF_TWO, v))))(at);
        return [value, grad];
      },
      [x] as const,
    );
    const simplified = simplify(graph);
    const sums = simplified.nodes.filter(({ op }) => op === 'allReduceSum');
    assert.equal(sums.length, 2, printGraph(simplified));
    dispose(x);
  });

  it('of several tensors are one operation', () => {
    const [a, b] = [tensor1d([1, 2, 3]), tensor1d([4, 5])];
    const { graph } = trace((...both) => sumsOver(SECOND_OF_TWO, both) as readonly (typeof a)[], [a, b] as const);
    assert.equal(graph.nodes.filter(({ op }) => op === 'allReduceSum').length, 1);
    assert.deepEqual(
      graph.outputs.map((id) => graph.nodes[id]?.shape),
      [[3], [2]],
    );
    dispose([a, b]);
  });

  it('are the tensor itself where there is one process', () => {
    const x = tensor1d([1, 2]);
    assert.equal(sumOver(ALONE, x), x);
    assert.equal(meanOver(ALONE, x), x);
    assert.equal(placed(ALONE, x), x);
    assert.deepEqual(sumsOver(ALONE, [x]), [x]);
    dispose(x);
  });

  it('have a place for what each process has', () => {
    const x = tensor1d([1, 2]);
    const whole = placed(SECOND_OF_TWO, x);
    assert.deepEqual([...whole.dataSync()], [0, 0, 1, 2]);
    dispose([x, whole]);
  });

  it('need an engine that processes can train on together', async () => {
    const place = {
      rank: 0,
      size: 2,
      localRank: 0,
      host: 'localhost',
      port: 1,
      ownStore: true,
      prefix: '',
      timeoutMs: 1,
    };
    await assert.rejects(openEngine('wasm', { place }), {
      kind: 'failed-precondition',
      message: 'engine wasm: it cannot train in 2 processes together (WORLD_SIZE); choose the engine torch',
    });
  });
});

describe('messages between processes', () => {
  it('are what a process says where it is alone', () => {
    assert.equal(anyOf(ALONE, true), true);
    assert.equal(anyOf(ALONE, false), false);
    assert.equal(sameInAll(ALONE, 'text'), true);
    assert.deepEqual(broadcast(ALONE, Uint8Array.of(1, 2, 3)), Uint8Array.of(1, 2, 3));
  });

  it('carry bytes of any length, as numbers that are added to zeros', () => {
    for (let length = 0; length < 9; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => 250 + i);
      assert.deepEqual(broadcast({ rank: 0, size: 2, total: () => undefined }, bytes), bytes);
    }
  });
});
