import type { World } from '../../core/engine/world/world.js';
import { anyOf } from '../../core/engine/world/messages.js';
import type { ShouldContinue } from '../../core/margin/pace.js';
import { stoppablePace } from './stoppable-pace.js';

/** When a training asks whether to go on. */
export interface TrainingPace {
  /** Between steps. */
  readonly between: ShouldContinue;
  /** Within a step or a validation. */
  readonly within: ShouldContinue;
}

/**
 * Where one process trains, it stops wherever it is. Several stop between steps, all of them once one of them should: a process that stopped
 * alone would leave the others waiting for it.
 */
export function trainingPace(world: World, signal: AbortSignal | undefined): TrainingPace {
  const own = stoppablePace(signal);
  if (world.size === 1) return { between: own, within: own };
  return {
    between: async () => !anyOf(world, !(await own())),
    within: async () => {
      await own();
      return true;
    },
  };
}
