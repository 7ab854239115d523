import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { Cast, Identity } from '@tensorflow/tfjs-core';
import type { CastAttrs, CastInputs, IdentityInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { replacement } from './kernel.js';

/** A second reference to the same values: nothing writes to a tensor once it is made, so that it is as good as a copy. */
function sameValues(backend: BackendWasm, { dataId, shape, dtype }: TensorInfo): TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** The stock kernel copies, every tensor that a gradient keeps: several milliseconds of an input gradient. */
export const identity = replacement<IdentityInputs, undefined>(
  Identity,
  () =>
    ({ inputs, backend }) =>
      sameValues(backend, inputs.x),
);

/** The stock kernel copies where there is nothing to cast, as in each gradient of relu. */
export const cast = replacement<CastInputs, CastAttrs>(
  Cast,
  (stock) => (call) =>
    call.inputs.x.dtype === call.attrs.dtype ? sameValues(call.backend, call.inputs.x) : stock(call),
);
