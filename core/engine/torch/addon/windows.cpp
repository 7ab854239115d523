#include "windows.h"

#include <ATen/ops/constant_pad_nd.h>

namespace maxmargin {

Sliding::Sliding(const Attributes& attributes)
    : strides(attributes.integers("strides")), dilations(attributes.integers("dilations")) {
  const std::vector<int64_t>& sides = attributes.integers("padding");
  top = sides.at(0);
  bottom = sides.at(1);
  left = sides.at(2);
  right = sides.at(3);
}

at::Tensor Sliding::padded(const at::Tensor& images, double value) const {
  return at::constant_pad_nd(images, {left, right, top, bottom}, value).contiguous(at::MemoryFormat::ChannelsLast);
}

std::vector<int64_t> Sliding::paddedShape(at::IntArrayRef shape) const {
  return {shape[0], shape[1], shape[2] + top + bottom, shape[3] + left + right};
}

at::Tensor Sliding::cropped(const at::Tensor& images, at::IntArrayRef shape) const {
  return images.narrow(2, top, shape[2]).narrow(3, left, shape[3]);
}

}  // namespace maxmargin
