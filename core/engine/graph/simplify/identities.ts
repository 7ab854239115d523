import { isOp, type Node, type NodeId } from '../graph.js';
import { sameShape } from '../ops/broadcast.js';
import { isUniform, uniformValue } from './constants.js';
import type { Rewriting, Rule } from './rewriting.js';

/** The other operand of an operation on two where one is a constant of this value, broadcast as the operation would. */
function beside(node: Node, rewriting: Rewriting, value: number, either: boolean): NodeId | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  const kept = isUniform(rewriting.node(b), value) ? a : either && isUniform(rewriting.node(a), value) ? b : undefined;
  if (kept === undefined || sameShape(rewriting.node(kept).shape, node.shape)) return kept;
  return rewriting.add('broadcastTo', [kept], { shape: node.shape });
}

/** x + 0, x − 0, x · 1, x / 1. A sum that loses −0 + 0 = 0 is the only difference. */
export const neutralOperands: Rule = (node, rewriting) => {
  switch (node.op) {
    case 'add':
      return beside(node, rewriting, 0, true);
    case 'sub':
      return beside(node, rewriting, 0, false);
    case 'mul':
      return beside(node, rewriting, 1, true);
    case 'div':
      return beside(node, rewriting, 1, false);
    default:
      return undefined;
  }
};

/** −(−x); conversions that change nothing. */
export const undoneOperations: Rule = (node, rewriting) => {
  const [only] = node.inputs;
  if (only === undefined) return undefined;
  const operand = rewriting.node(only);
  if (node.op === 'neg' && operand.op === 'neg') return operand.inputs[0];
  if (!isOp(node, 'cast')) return undefined;
  if (operand.dtype === node.dtype) return only;
  // A one-hot vector is integers whatever its type.
  const [inner] = operand.inputs;
  if (!isOp(operand, 'cast') || inner === undefined || operand.dtype !== 'int32') return undefined;
  return node.dtype === 'float32' && rewriting.node(inner).op === 'oneHot' ? inner : undefined;
};

/**
 * Choices between numbers and zero: 1 where c, 0 elsewhere is c as a number; x times that is x where c, 0 elsewhere (also where x is infinite, whose
 * product with 0 would be NaN).
 */
export const masks: Rule = (node, rewriting) => {
  const operands = node.inputs.map((id) => rewriting.node(id));
  if (node.op === 'select') {
    const [condition, a, b] = operands;
    const [conditionId, aId, bId] = node.inputs;
    if (condition === undefined || a === undefined || b === undefined) return undefined;
    const whole = sameShape(condition.shape, node.shape);
    if (whole && node.dtype === 'float32' && isUniform(a, 1) && isUniform(b, 0) && conditionId !== undefined)
      return rewriting.add('cast', [conditionId], { dtype: 'float32' });
    const always = uniformValue(condition);
    if (always === undefined) return undefined;
    const [chosen, chosenId] = always === 0 ? [b, bId] : [a, aId];
    return sameShape(chosen.shape, node.shape) ? chosenId : undefined;
  }
  if (node.op !== 'mul' || node.dtype !== 'float32') return undefined;
  const masking = operands.findIndex((operand) => {
    const [from] = operand.inputs;
    return isOp(operand, 'cast') && from !== undefined && rewriting.node(from).dtype === 'bool';
  });
  const condition = operands[masking]?.inputs[0];
  const value = node.inputs[1 - masking];
  if (condition === undefined || value === undefined || uniformValue(rewriting.node(value)) !== undefined)
    return undefined;
  return rewriting.add('select', [condition, value, rewriting.fill(0, [])], {});
};
