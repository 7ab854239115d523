#include "packed-convolution.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <torch/version.h>

namespace maxmargin {

bool packs(const Sliding& sliding, const Setting& setting) {
  return setting.device.is_cpu() && setting.precision != Precision::BFloat16 && sliding.symmetric() &&
         at::globalContext().hasMKLDNN();
}

at::Tensor packed(const at::Tensor& filters, const Sliding& sliding, const std::vector<int64_t>& imageShape) {
#if TORCH_VERSION_MAJOR >= 2
  return at::mkldnn_reorder_conv2d_weight(filters.to_mkldnn(), sliding.padding(), sliding.strides, sliding.dilations, 1,
                                          imageShape);
#else
  // libtorch 1.13, which Debian has, arranges them for images of a size of its own choice.
  return at::mkldnn_reorder_conv2d_weight(filters.to_mkldnn(), sliding.padding(), sliding.strides, sliding.dilations, 1);
#endif
}

at::Tensor convolvePacked(const at::Tensor& images, const at::Tensor& filters, const at::Tensor& bias,
                          const Sliding& sliding) {
  return at::mkldnn_convolution(images, filters, bias, sliding.padding(), sliding.strides, sliding.dilations, 1);
}

}  // namespace maxmargin
