import { engine, mul, registerGradient, type Tensor } from '@tensorflow/tfjs-core';
import type { World } from './world.js';

/** The kernel's name: an engine that takes part in a world of several processes has it. */
export const ALL_REDUCE_SUM = 'AllReduceSum';

let registered = false;

/** If every process adds up to Σᵣ xᵣ, a change of one process's x changes the sum in all of them: dL/dxᵣ = Σₛ dL/dyₛ. */
function registerOnce(): void {
  if (registered) return;
  registered = true;
  registerGradient({ kernelName: ALL_REDUCE_SUM, gradFunc: (dy) => ({ x: () => allReduceSum(dy as Tensor) }) });
}

function allReduceSum<T extends Tensor>(x: T): T {
  registerOnce();
  return engine().runKernel<T>(ALL_REDUCE_SUM, { x });
}

/** Σ x over the processes, float32 of x's shape, the same in all of them; differentiable. The given tensor itself where there is one process. */
export const sumOver = <T extends Tensor>(world: World, x: T): T => (world.size === 1 ? x : allReduceSum(x));

/** The mean over the processes, as {@link sumOver}. */
export const meanOver = <T extends Tensor>(world: World, x: T): T =>
  world.size === 1 ? x : mul(allReduceSum(x), 1 / world.size);
