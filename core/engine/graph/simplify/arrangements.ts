import { isOp, type Node, type Shape } from '../graph.js';
import { sameShape } from '../ops/broadcast.js';
import type { Rewriting, Rule } from './rewriting.js';

/** Rearrangements of rearrangements, and those that change nothing. */
export const rearrangements: Rule = (node, rewriting) => {
  const [only] = node.inputs;
  if (only === undefined) return undefined;
  const operand = rewriting.node(only);
  const [inner] = operand.inputs;
  switch (node.op) {
    case 'reshape':
      if (sameShape(operand.shape, node.shape)) return only;
      return operand.op === 'reshape' && inner !== undefined
        ? rewriting.add('reshape', [inner], { shape: node.shape })
        : undefined;
    case 'transpose': {
      const { permutation } = node.attrs;
      if (permutation.every((axis, i) => axis === i)) return only;
      if (!isOp(operand, 'transpose') || inner === undefined) return undefined;
      const before = operand.attrs.permutation;
      return rewriting.add('transpose', [inner], { permutation: permutation.map((axis) => before[axis] ?? 0) });
    }
    case 'broadcastTo':
      return sameShape(operand.shape, node.shape) ? only : undefined;
    case 'tile':
      // Repeating an extent of 1 is broadcasting, which costs nothing.
      return node.attrs.repeats.every((count, axis) => count === 1 || operand.shape[axis] === 1)
        ? rewriting.add('broadcastTo', [only], { shape: node.shape })
        : undefined;
    case 'slice':
      return sameShape(operand.shape, node.shape) ? only : partOfConcatenation(node, operand, rewriting);
    case 'concat':
      return node.inputs.length === 1 ? only : undefined;
    default:
      return undefined;
  }
};

/** A slice that lies within one of the tensors that were concatenated. */
function partOfConcatenation(node: Node, operand: Node, rewriting: Rewriting): number | undefined {
  if (!isOp(node, 'slice') || !isOp(operand, 'concat')) return undefined;
  const { axis } = operand.attrs;
  const { begin, size } = node.attrs;
  const at = (values: Shape): number => values[axis] ?? 0;
  let start = 0;
  for (const id of operand.inputs) {
    const extent = at(rewriting.node(id).shape);
    const own = at(begin) - start;
    if (own >= 0 && own + at(size) <= extent)
      return rewriting.add('slice', [id], { begin: begin.map((value, i) => (i === axis ? own : value)), size });
    start += extent;
  }
  return undefined;
}

const BROADCASTING: readonly Node['op'][] = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'pow',
  'equal',
  'notEqual',
  'greater',
  'greaterEqual',
  'less',
  'lessEqual',
  'logicalAnd',
  'logicalOr',
  'select',
];

/** Operands that an operation would broadcast by itself: repeated ones as they were before, uniform constants as one number. */
export const broadcastOperands: Rule = (node, rewriting) => {
  if (!BROADCASTING.includes(node.op)) return undefined;
  const small = node.inputs.map((id) => {
    const operand = rewriting.node(id);
    if (isOp(operand, 'broadcastTo')) return operand.inputs[0] ?? id;
    if (!isOp(operand, 'constant') || operand.attrs.values.length !== 1 || operand.shape.length === 0) return id;
    return rewriting.add('constant', [], { ...operand.attrs, shape: [] });
  });
  if (small.every((id, i) => id === node.inputs[i])) return undefined;
  const extents = small.map((id) => rewriting.node(id).shape);
  // All together must still have the result's shape.
  if (!node.shape.every((extent, axis) => extents.some((shape) => fits(shape, node.shape, axis, extent))))
    return undefined;
  return rewriting.add(node.op, small, node.attrs);
};

const fits = (shape: Shape, result: Shape, axis: number, extent: number): boolean =>
  shape[axis - result.length + shape.length] === extent;
