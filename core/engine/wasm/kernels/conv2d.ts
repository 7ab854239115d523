import { backend_util, Conv2D, FusedConv2D } from '@tensorflow/tfjs-core';
import type { Conv2DAttrs, Conv2DInputs, FusedConv2DAttrs, FusedConv2DInputs } from '@tensorflow/tfjs-core';
import { replacement, type Kernel } from './kernel.js';
import { convolveRowWindows, hasRowWindows } from './row-windows.js';

type ExplicitPadding = Conv2DAttrs['pad'];

/**
 * Convolutions whose `same` padding is stated in numbers.
 *
 * The stock kernels leave `same` to XNNPACK, which gets it wrong where a stride is larger than the filter: the result is then not the
 * convolution but zeros and other windows.
 */
function withExplicitPadding<Inputs extends Conv2DInputs, Attrs extends Conv2DAttrs>(
  stock: Kernel<Inputs, Attrs>,
): Kernel<Inputs, Attrs> {
  return (call) => {
    const { inputs, attrs } = call;
    if (attrs.pad !== 'same' || attrs.dataFormat !== 'NHWC') return stock(call);
    const [input, filter] = [inputs.x.shape, inputs.filter.shape] as [Shape4D, Shape4D];
    const { padInfo } = backend_util.computeConv2DInfo(input, filter, attrs.strides, attrs.dilations, 'same');
    const pad: ExplicitPadding = [
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0],
    ];
    return stock({ ...call, attrs: { ...attrs, pad } });
  };
}

type Shape4D = [number, number, number, number];

export const conv2d = replacement<Conv2DInputs, Conv2DAttrs>(Conv2D, (stock) => {
  const general = withExplicitPadding(stock);
  return (call) => {
    const { inputs, attrs, backend } = call;
    if (attrs.dataFormat !== 'NHWC' || inputs.x.shape[3] !== 1) return general(call);
    const [input, filter] = [inputs.x.shape, inputs.filter.shape] as [Shape4D, Shape4D];
    const { strides, dilations, pad, dimRoundingMode } = attrs;
    const info = backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, dimRoundingMode);
    return hasRowWindows(info) ? convolveRowWindows(backend, inputs, info, stock) : general(call);
  };
});
export const fusedConv2d = replacement<FusedConv2DInputs, FusedConv2DAttrs>(FusedConv2D, withExplicitPadding);
