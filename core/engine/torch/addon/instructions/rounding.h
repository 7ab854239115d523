#pragma once

#include <ATen/core/Tensor.h>

#include "../precision.h"

namespace maxmargin {

/** An operand of a product as the precision wants it: TF32 rounds inside of the product. */
inline at::Tensor rounded(const at::Tensor& x, Precision precision) {
  return precision == Precision::BFloat16 ? x.to(at::kBFloat16) : x;
}

/** A product as everybody else wants it. */
inline at::Tensor widened(const at::Tensor& x) { return x.to(at::kFloat); }

}  // namespace maxmargin
