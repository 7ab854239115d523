#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

namespace maxmargin {

/**
 * A convolution of stride 1 over images of few channels, and the maxima of its 2 × 2 blocks, as one pass over each image: what is
 * convolved stays in registers and is never written down. Float32, on a CPU.
 */
struct PooledConvolution {
  /** Zeros around the image. */
  int64_t top, bottom, left, right;

  /**
   * @param images [n, h, w, c]
   * @param filters [kh, kw, c, k]
   * @param bias [k], or undefined
   * @returns maxima [n, h', w', k], h' = ⌊(h + top + bottom − kh + 1) / 2⌋, and in which of its block's four each is, row by row, the first of
   * equals, uint8
   */
  std::pair<at::Tensor, at::Tensor> forward(const at::Tensor& images, const at::Tensor& filters,
                                            const at::Tensor& bias) const;

  /**
   * The gradient in the images. Of each block one pixel has a gradient, so a channel of a block adds one of four shifted copies of its filter to a
   * patch of (kh + 1) × (kw + 1) pixels.
   *
   * @param dy of the maxima
   * @param shape of the images
   */
  at::Tensor imageGradient(const at::Tensor& dy, const at::Tensor& places, const at::Tensor& filters,
                           at::IntArrayRef shape) const;
};

}  // namespace maxmargin
