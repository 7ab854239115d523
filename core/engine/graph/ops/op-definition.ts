import type { TensorType } from '../tensor-type.js';

/** An operation without attributes. */
export type NoAttributes = Readonly<Record<string, never>>;

/** What an operation takes and gives. */
export interface OpDefinition<Attrs> {
  /** How many operands; `any`: at least one. */
  readonly arity: number | 'any';
  /**
   * The type of the result.
   *
   * @throws Error saying what was expected and what came, where operands and attributes do not fit
   */
  readonly infer: (inputs: readonly TensorType[], attrs: Attrs) => TensorType;
}

/** Definitions of a family of operations. */
export type Definitions<Family> = { readonly [K in keyof Family]: OpDefinition<Family[K]> };

/** The operand at a place; arity has been checked. */
export function operand(inputs: readonly TensorType[], index: number): TensorType {
  const type = inputs[index];
  if (type === undefined) throw new Error(`expected operand ${index}, got ${inputs.length}`);
  return type;
}

/** @throws Error unless it holds */
export function expect(holds: boolean, expected: string, got: unknown): asserts holds {
  if (!holds) throw new Error(`expected ${expected}, got ${JSON.stringify(got)}`);
}

/** @throws Error unless all operands are of the type */
export function expectTypes(inputs: readonly TensorType[], ...dtypes: readonly TensorType['dtype'][]): void {
  for (const { dtype } of inputs) expect(dtypes.includes(dtype), dtypes.join(' or '), dtype);
}
