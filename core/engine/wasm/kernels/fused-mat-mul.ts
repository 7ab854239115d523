import { _FusedMatMul } from '@tensorflow/tfjs-core';
import type { _FusedMatMulAttrs, _FusedMatMulInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { replacement } from './kernel.js';
import { transpose } from './transpose.js';

/** Matrix products with bias and activation: transposed operands are turned first, since the stock kernel computes them element by element. */
export const fusedMatMul = replacement<_FusedMatMulInputs, _FusedMatMulAttrs>(
  _FusedMatMul,
  (stock) =>
    ({ inputs, attrs, backend }) => {
      const single = (operand: TensorInfo): boolean => operand.shape.slice(0, -2).every((extent) => extent === 1);
      if (!single(inputs.a) || !single(inputs.b)) return stock({ inputs, attrs, backend });
      const turn = (operand: TensorInfo): TensorInfo => {
        const [rows = 0, columns = 0] = operand.shape.slice(-2);
        return { ...transpose(backend, operand, rows, columns), shape: [1, columns, rows] };
      };
      const a = attrs.transposeA ? turn(inputs.a) : inputs.a;
      const b = attrs.transposeB ? turn(inputs.b) : inputs.b;
      const result = stock({
        inputs: { ...inputs, a, b },
        attrs: { ...attrs, transposeA: false, transposeB: false },
        backend,
      });
      if (a !== inputs.a) backend.disposeData(a.dataId);
      if (b !== inputs.b) backend.disposeData(b.dataId);
      return result;
    },
);
