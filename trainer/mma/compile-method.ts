import type { Compile } from '../../core/engine/engine.js';
import { ALONE, type World } from '../../core/engine/world/world.js';
import type { Bounds } from '../../core/margin/threat-model.js';
import type { Model } from '../../core/model/model.js';
import type { CompiledMethod, MethodContext } from './methods/training-method.js';
import { TRAINING_METHODS } from './methods.js';
import { optimizerOf } from './optimizers.js';
import type { TrainingConfig } from './training-config.js';

/** What the method of a configuration is compiled for. */
export function methodContext(
  compile: Compile,
  model: Model,
  config: TrainingConfig,
  bounds: Bounds,
  world: World = ALONE,
): MethodContext {
  return { compile, model, config, bounds, optimizer: optimizerOf(config.optimizer), world };
}

/** Compiles the method of a configuration. */
export const compileMethod = (config: TrainingConfig, context: MethodContext): CompiledMethod =>
  TRAINING_METHODS[config.method].compile(context);
