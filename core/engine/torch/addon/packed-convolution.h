#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "instruction.h"
#include "windows.h"

namespace maxmargin {

/**
 * Whether convolutions go to oneDNN with filters in its own layout. Given filters in a plain layout it convolves half as fast as with
 * those that it arranged itself for the images at hand.
 */
bool packs(const Sliding& sliding, const Setting& setting);

/** Filters [out, in, h, w] in oneDNN's layout for images of a shape [n, c, h, w]. */
at::Tensor packed(const at::Tensor& filters, const Sliding& sliding, const std::vector<int64_t>& imageShape);

/** Convolves images [n, c, h, w] with packed filters. @param bias or undefined */
at::Tensor convolvePacked(const at::Tensor& images, const at::Tensor& filters, const at::Tensor& bias,
                          const Sliding& sliding);

}  // namespace maxmargin
