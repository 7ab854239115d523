#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attributes.h"

namespace maxmargin {

/** How a window slides over images, in the library's terms. */
struct Sliding {
  std::vector<int64_t> strides, dilations;
  int64_t top, bottom, left, right;

  explicit Sliding(const Attributes& attributes);

  /** Whether the library's own padding, equal on both sides, says it. */
  bool symmetric() const { return top == bottom && left == right; }
  std::vector<int64_t> padding() const { return {top, left}; }
  /** Images [n, c, h, w] with the padding made explicit. */
  at::Tensor padded(const at::Tensor& images, double value) const;
  /** The shape of padded images. */
  std::vector<int64_t> paddedShape(at::IntArrayRef shape) const;
  /** What padded(…) put around images of this shape, taken off again. */
  at::Tensor cropped(const at::Tensor& images, at::IntArrayRef shape) const;
};

}  // namespace maxmargin
