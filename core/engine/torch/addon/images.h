#pragma once

#include <ATen/core/Tensor.h>

namespace maxmargin {

/** [n, h, w, c] seen as the library's [n, c, h, w]: channels-last there is what contiguous is here, so nothing moves. */
inline at::Tensor channelsFirst(const at::Tensor& images) { return images.permute({0, 3, 1, 2}); }

/** Back to [n, h, w, c], contiguous; a copy only where the library chose another layout for its result. */
inline at::Tensor channelsLast(const at::Tensor& images) { return images.permute({0, 2, 3, 1}).contiguous(); }

}  // namespace maxmargin
