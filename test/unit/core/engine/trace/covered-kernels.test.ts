import assert from 'node:assert/strict';
import { dispose, getKernelsForBackend } from '@tensorflow/tfjs-core';
import { installKernels } from '../../../../../core/engine/kernel-replacement.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { trace } from '../../../../../core/engine/trace/trace.js';
import { TRACE_BACKEND } from '../../../../../core/engine/trace/trace-backend.js';
import { TRACED_KERNELS } from '../../../../../core/engine/trace/traced-kernels.js';
import { ALL_REDUCE_SUM } from '../../../../../core/engine/world/all-reduce.js';
import { createRandom } from '../../../../../core/random.js';
import { ENGINE_CASES } from '../../../../support/engine-cases/engine-cases.js';

const DRAWS = 6;
/** Between processes, which have tests of their own. */
const ELSEWHERE = new Set([ALL_REDUCE_SUM]);
const KERNELS = Object.keys(TRACED_KERNELS).filter((name) => !ELSEWHERE.has(name));

describe('the kernels that compiled functions may use', () => {
  before(async () => {
    await openEngine('wasm');
  });

  it('each have a case that the engines are compared by', () => {
    const [first] = ENGINE_CASES;
    const { run, inputs } = first!.draw(createRandom(0));
    // Tracing for the first time registers them.
    trace(run, inputs);
    dispose([...inputs]);
    const used = new Set<string>();
    const uninstall = installKernels(
      TRACE_BACKEND,
      KERNELS.map((kernelName) => ({
        kernelName,
        create: (stock) => (call) => {
          used.add(kernelName);
          return stock(call);
        },
      })),
    );
    try {
      for (const { draw } of ENGINE_CASES)
        for (let seed = 0; seed < DRAWS; seed++) {
          const drawn = draw(createRandom(seed));
          trace(drawn.run, drawn.inputs);
          dispose([...drawn.inputs]);
        }
    } finally {
      uninstall();
    }
    assert.deepEqual(
      KERNELS.filter((name) => !used.has(name)),
      [],
    );
  });

  it('are all there where functions are not compiled', () => {
    const there = new Set(getKernelsForBackend('wasm').map(({ kernelName }) => kernelName));
    assert.deepEqual(
      KERNELS.filter((name) => !there.has(name)),
      [],
    );
  });
});
