import assert from 'node:assert/strict';
import { dispose, getBackend, memory, setBackend, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine, TensorTree } from '../../core/engine/engine.js';
import { leavesOf } from '../../core/engine/tensor-tree.js';
import { createRandom } from '../../core/random.js';
import { ENGINE_CASES } from './engine-cases/engine-cases.js';
import { assertNear } from './near.js';

const TOLERANCE = 2e-5;
/** Shapes and attributes that are drawn for each case. */
const DRAWS = 6;

/** Asserts that tensors are of the same structure, shapes, types and values. */
export function assertSameTensors(actual: TensorTree, expected: TensorTree, tolerance: number, what: string): void {
  const [ours, theirs] = [leavesOf<Tensor>(actual), leavesOf<Tensor>(expected)];
  assert.equal(ours.length, theirs.length, `${what}: number of tensors`);
  ours.forEach((tensor, index) => {
    const other = theirs[index]!;
    const name = `${what}, result ${index}`;
    assert.deepEqual({ shape: tensor.shape, dtype: tensor.dtype }, { shape: other.shape, dtype: other.dtype }, name);
    const [values, expectedValues] = [tensor.dataSync(), other.dataSync()];
    if (tensor.dtype === 'float32') assertNear(values, expectedValues, tolerance, name);
    else assert.deepEqual(Array.from(values), Array.from(expectedValues), name);
  });
}

/** Runs something eagerly on TensorFlow.js' own kernels in JavaScript, which are slow and right: some of those in wasm write past their results. */
function onReference<T>(run: () => T): T {
  const active = getBackend();
  void setBackend('cpu');
  try {
    return run();
  } finally {
    void setBackend(active);
  }
}

/** For how many calls the first argument is said to last. */
const FIRST_ARGUMENTS = [
  [1, ''],
  [40, ', the first argument lasting for some calls'],
  [Infinity, ', the first argument constant'],
] as const;

/** Tests that an engine computes every case as eager kernels do, with its first argument as an input, as one that lasts for some calls, and as a constant. */
export function testCompiledEqualsEager(engine: () => Engine): void {
  for (const { name, draw } of ENGINE_CASES)
    for (const [callsPerWeights, what] of FIRST_ARGUMENTS)
      it(`${name}${what}`, () => {
        const { compile } = engine();
        const before = memory().numTensors;
        for (let seed = 0; seed < DRAWS; seed++) {
          const { run, inputs } = draw(createRandom(seed));
          const compiled = compile(run, { callsPerWeights });
          const shapes = inputs.map(({ shape }) => `[${shape.join()}]`).join(' ');
          tidy(() => {
            const expected = onReference(() => run(...inputs));
            for (const call of ['first', 'second'])
              assertSameTensors(compiled(...inputs), expected, TOLERANCE, `${shapes}, ${call} call`);
          });
          dispose([...inputs]);
        }
        assert.equal(memory().numTensors, before, 'tensors are left over');
      });
}
