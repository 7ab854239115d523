import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dispose } from '@tensorflow/tfjs-core';
import { nodeAt, type Graph } from '../../../../../core/engine/graph/graph.js';
import { OPS, type OpName } from '../../../../../core/engine/graph/ops/ops.js';
import { simplify } from '../../../../../core/engine/graph/simplify/simplify.js';
import { loweringOf } from '../../../../../core/engine/onnx/lowering/lowerings.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { ADDON_SOURCES } from '../../../../../core/engine/torch/addon-sources.js';
import { lowerToTorch } from '../../../../../core/engine/torch/lowering/lower.js';
import type { Target } from '../../../../../core/engine/torch/lowering/lowering.js';
import { trace } from '../../../../../core/engine/trace/trace.js';
import { createRandom } from '../../../../../core/random.js';
import { ENGINE_CASES } from '../../../../support/engine-cases/engine-cases.js';

const DRAWS = 6;
const TARGETS: readonly Target[] = [
  { device: 'cpu', float32: true },
  { device: 'cuda', float32: true },
  { device: 'cuda', float32: false },
];
/** Where a graph begins, and what only processes that train together do. */
const NOT_IN_CASES: ReadonlySet<string> = new Set<OpName>(['input', 'constant', 'allReduceSum']);

/** The rows of the addon's tables: `{"name", kernel}`. */
function addonInstructions(): ReadonlySet<string> {
  const directory = join(ADDON_SOURCES, 'instructions');
  const sources = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
  return new Set(sources.flatMap((text) => [...text.matchAll(/\{"(\w+)", /g)].map(([, name]) => name!)));
}

/** The graph of every case, as it was traced and simplified. */
function* graphs(): Generator<Graph> {
  for (const { draw } of ENGINE_CASES)
    for (let seed = 0; seed < DRAWS; seed++) {
      const { run, inputs } = draw(createRandom(seed));
      const { graph } = trace(run, inputs);
      dispose([...inputs]);
      yield graph;
      yield simplify(graph);
    }
}

/** Whatever libtorch there is, and whether there is one. */
describe('instructions of the torch addon', () => {
  before(async () => {
    await openEngine('wasm');
  });

  it('are there for every operation, and each of them is used', () => {
    const known = addonInstructions();
    const [ops, used] = [new Set<string>(), new Set<string>(['allReduceSum'])];
    for (const graph of graphs()) {
      graph.nodes.forEach((_, id) => ops.add(nodeAt(graph, id).op));
      for (const target of TARGETS)
        for (const { instruction } of lowerToTorch(
          graph,
          graph.inputs.map((_, i) => i === 0),
          target,
        ).steps)
          used.add(instruction);
    }
    assert.deepEqual(
      Object.keys(OPS).filter((op) => !ops.has(op) && !NOT_IN_CASES.has(op)),
      [],
      'operations without a case',
    );
    assert.deepEqual([...used].filter((name) => !known.has(name)).sort(), [], 'not in the addon');
    assert.deepEqual([...known].filter((name) => !used.has(name)).sort(), [], 'used by nothing');
  });

  it('are no more than the other engine that compiles has', () => {
    for (const op of Object.keys(OPS) as OpName[])
      if (op !== 'input') assert.equal(typeof loweringOf(op), 'function', `onnx has no lowering of ${op}`);
  });
});
