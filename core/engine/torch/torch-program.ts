import type { DataType, Shape } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';

/** A place for a tensor while a program runs; each is written once, before it is read. */
export type Slot = number;

/** What the addon reads of an instruction besides its operands. */
export type StepAttributes = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/** One instruction of the addon (core/engine/torch/addon/instructions), with the slots that it reads and those that it writes. */
export interface TorchStep {
  readonly instruction: string;
  readonly attributes: StepAttributes;
  readonly operands: readonly Slot[];
  readonly results: readonly Slot[];
}

export interface TorchConstant {
  readonly slot: Slot;
  /** One value an element, or one that all elements have. */
  readonly values: Values;
  readonly shape: Shape;
  readonly dtype: DataType;
}

/** A straight line of instructions, as the addon loads it. */
export interface TorchProgram {
  /** How many slots there are. */
  readonly slots: number;
  readonly inputs: readonly Slot[];
  /** For each input, whether it is likely to be the same tensor in the next call: what follows from such alone is computed once. */
  readonly lasting: readonly boolean[];
  readonly constants: readonly TorchConstant[];
  readonly steps: readonly TorchStep[];
  readonly outputs: readonly Slot[];
}
