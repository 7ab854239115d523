import { backend_util, Conv2D, Conv2DBackpropFilter, Conv2DBackpropInput, PadV2, Slice } from '@tensorflow/tfjs-core';
import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropFilterInputs,
  Conv2DBackpropInputAttrs,
  Conv2DBackpropInputInputs,
  Conv2DInputs,
  KernelBackend,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { callKernel, replacement } from '../kernel-replacement.js';

/*
 * tfjs-node 4.22 refuses convolutions whose padding is a number, and the gradients of those whose padding is a list. Where the numbers
 * are what `same` stands for, these kernels say `same`; elsewhere they pad first and convolve without padding.
 */

type Shape4D = [number, number, number, number];
type ConvInfo = backend_util.Conv2DInfo;
type Padding = Conv2DAttrs['pad'];

const samePadding = (info: ConvInfo, attrs: Pick<Conv2DAttrs, 'strides' | 'dilations'>, filter: Shape4D): boolean => {
  const { padInfo } = backend_util.computeConv2DInfo(info.inShape, filter, attrs.strides, attrs.dilations, 'same');
  const { top, bottom, left, right } = info.padInfo;
  return padInfo.top === top && padInfo.bottom === bottom && padInfo.left === left && padInfo.right === right;
};

/** The numbers of a padding, or its name where TensorFlow has one. */
function paddingOf(info: ConvInfo, attrs: Pick<Conv2DAttrs, 'strides' | 'dilations' | 'pad'>, filter: Shape4D) {
  if (typeof attrs.pad === 'string') return attrs.pad;
  if (samePadding(info, attrs, filter)) return 'same';
  const { top, bottom, left, right } = info.padInfo;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as Exclude<Padding, string | number>;
}

export const conv2d = replacement<Conv2DInputs, Conv2DAttrs, KernelBackend>(Conv2D, (stock) => (call) => {
  const { inputs, attrs } = call;
  if (typeof attrs.pad !== 'number' || attrs.dataFormat !== 'NHWC') return stock(call);
  const filter = inputs.filter.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(
    inputs.x.shape as Shape4D,
    filter,
    attrs.strides,
    attrs.dilations,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  return stock({ ...call, attrs: { ...attrs, pad: paddingOf(info, attrs, filter) } });
});

export const conv2dBackpropInput = replacement<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs, KernelBackend>(
  Conv2DBackpropInput,
  (stock) => (call) => {
    const { inputs, backend } = call;
    if (call.attrs.dataFormat !== 'NHWC') return stock(call);
    const attrs = { ...call.attrs, dilations: 1 };
    const filter = inputs.filter.shape as Shape4D;
    const info = backend_util.computeConv2DInfo(
      attrs.inputShape,
      filter,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const pad = paddingOf(info, attrs, filter);
    if (typeof pad === 'string') return stock({ ...call, attrs: { ...attrs, pad } });
    const padded = stock({ ...call, attrs: { ...attrs, pad: 'valid', inputShape: paddedShape(info) } });
    const { top, left } = info.padInfo;
    const dx = callKernel(
      Slice,
      'tensorflow',
      { x: padded },
      { begin: [0, top, left, 0], size: info.inShape },
      backend,
    );
    backend.disposeData(padded.dataId);
    return dx;
  },
);

export const conv2dBackpropFilter = replacement<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs, KernelBackend>(
  Conv2DBackpropFilter,
  (stock) => (call) => {
    const { inputs, backend } = call;
    if (call.attrs.dataFormat !== 'NHWC') return stock(call);
    const attrs = { ...call.attrs, dilations: 1 };
    const info = backend_util.computeConv2DInfo(
      inputs.x.shape as Shape4D,
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const pad = paddingOf(info, attrs, attrs.filterShape);
    if (typeof pad === 'string') return stock({ ...call, attrs: { ...attrs, pad } });
    const x: TensorInfo = callKernel(
      PadV2,
      'tensorflow',
      { x: inputs.x },
      { paddings: pad, constantValue: 0 },
      backend,
    );
    const dw = stock({ ...call, inputs: { ...inputs, x }, attrs: { ...attrs, pad: 'valid' } });
    backend.disposeData(x.dataId);
    return dw;
  },
);

function paddedShape({ inShape, padInfo }: ConvInfo): Shape4D {
  const [images, height, width, channels] = inShape;
  return [images, height + padInfo.top + padInfo.bottom, width + padInfo.left + padInfo.right, channels];
}
