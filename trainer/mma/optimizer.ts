import type { TensorMap } from '../../core/engine/engine.js';
import type { WeightShapes } from '../../core/model/model.js';

/** How gradients become steps, as pure functions whose state is explicit, so that it can stay on the device and be saved. */
export interface Optimizer {
  /** Names and shapes of its state, all zeros before the first step. */
  stateShapes(parameters: WeightShapes): WeightShapes;
  /** The numbers that change from step to step, scalars by name, for the `step`-th update, from 1. */
  factors(step: number): Readonly<Record<string, number>>;
  /**
   * One update. Pure.
   *
   * @param parameters θ, by name
   * @param gradients g, by the parameters' names and of their shapes
   * @param state as {@link stateShapes} says
   * @param factors {@link factors} as float32 scalars
   * @returns new tensors, which the caller disposes
   */
  update(
    parameters: TensorMap,
    gradients: TensorMap,
    state: TensorMap,
    factors: TensorMap,
  ): { readonly parameters: TensorMap; readonly state: TensorMap };
}
