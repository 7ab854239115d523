import { isOp, type NodeId } from '../../graph/graph.js';
import type { Emitter, Fusions } from '../lowering/lowering.js';

/** dy where x > 0, else 0: the gradient of relu, without the mask in between. */
export const rectifierGradient: Fusions = {
  select: (node, emitter) => {
    const [condition, dy, otherwise] = node.inputs as readonly [NodeId, NodeId, NodeId];
    const values = positiveValues(condition, emitter);
    if (values === undefined || !isZero(otherwise, emitter)) return undefined;
    const sameShape = [values, dy].every((id) => emitter.nodeOf(id).shape.join() === node.shape.join());
    if (!sameShape || node.dtype !== 'float32') return undefined;
    return emitter.step('rectifierGradient', [emitter.slotOf(dy), emitter.slotOf(values)]);
  },
};

/** x, if a condition is x > 0. */
function positiveValues(condition: NodeId, emitter: Emitter): NodeId | undefined {
  const node = emitter.nodeOf(condition);
  if (!isOp(node, 'greater')) return undefined;
  const [values, limit] = node.inputs as readonly [NodeId, NodeId];
  return isZero(limit, emitter) && emitter.nodeOf(values).dtype === 'float32' ? values : undefined;
}

function isZero(id: NodeId, emitter: Emitter): boolean {
  const node = emitter.nodeOf(id);
  return isOp(node, 'constant') && node.attrs.values.every((value) => value === 0);
}
