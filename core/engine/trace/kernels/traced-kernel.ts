import type { GraphBuilder } from '../../graph/graph-builder.js';
import type { NodeId, TensorType } from '../../graph/graph.js';
import { DomainError } from '../../../errors.js';

/** What a kernel is called with while a function is traced. */
export interface KernelUse<Attrs> {
  readonly graph: GraphBuilder;
  /** An input by the kernel's name for it. */
  readonly input: (name: string) => NodeId;
  readonly type: (name: string) => TensorType;
  /** All inputs in their order, for kernels that take a list. */
  readonly list: readonly NodeId[];
  readonly attrs: Attrs;
}

/** What a kernel adds to the graph. @returns its result, or its results */
export type TracedKernel = (use: KernelUse<never>) => NodeId | readonly NodeId[];

/** Kernels by TensorFlow.js' names. */
export type TracedKernels = Readonly<Record<string, TracedKernel>>;

/** States a traced kernel with its own attributes: the registry knows no kernel's types, a kernel's name is what vouches for them. */
export const traced = <Attrs>(kernel: (use: KernelUse<Attrs>) => NodeId | readonly NodeId[]): TracedKernel => kernel;

/** @throws internal: the kernel is known, but not used like this */
export function unsupported(what: string): never {
  throw new DomainError('internal', `engine: a compiled function cannot use ${what}`);
}
