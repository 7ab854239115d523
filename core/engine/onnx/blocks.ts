import { BLOCKED_DOMAIN } from './lowering/node-emitter.js';
import { encodeModel } from './encode-model.js';
import { openSession } from './onnx-session.js';

let known: { readonly block: number | undefined } | undefined;

/**
 * How many channels a block has where ONNX Runtime convolves images in blocks of channels (NCHWc): as many as a vector register has numbers. Undefined where it
 * has no such operators: on processors that it has no kernels for.
 */
export function channelsOfBlock(): number | undefined {
  known ??= { block: probe() };
  return known.block;
}

/** Fills four channels up to a block. */
function probe(): number | undefined {
  const images = { type: 'float32', shape: [1, 4, 1, 1], data: new Float32Array(4) } as const;
  const extents = { name: 'extents', type: 'int64', shape: [4] } as const;
  const nodes = [
    { op: 'ReorderInput', domain: BLOCKED_DOMAIN, inputs: ['images'], outputs: ['blocks'] },
    { op: 'Shape', inputs: ['blocks'], outputs: [extents.name] },
  ];
  const initializers = new Map([['images', images]]);
  const data = new BigInt64Array(4);
  try {
    const model = encodeModel({ graph: { name: 'block', inputs: [], outputs: [extents], initializers, nodes } });
    const session = openSession(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    session.run({}, { [extents.name]: { ...extents, data } });
    session.dispose();
  } catch {
    return undefined;
  }
  const block = Number(data[1]);
  return block > images.shape[1] ? block : undefined;
}
