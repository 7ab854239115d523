#include <ATen/Functions.h>

#include "../images.h"
#include "../instruction.h"
#include "../packed-convolution.h"
#include "../windows.h"
#include "../winograd.h"
#include "rounding.h"

namespace maxmargin {

namespace {

/**
 * Filters [h, w, in, out] for images of a shape, as convolution takes them: transformed for fewer multiplications; or in oneDNN's own layout;
 * or as [out, in, h, w] with each filter's channels last. Flipped: turned around, and [h, w, out, in] before that.
 */
Kernel filters(const Attributes& attributes, const Setting& setting) {
  return one([sliding = Sliding(attributes), flipped = attributes.flag("flipped"),
              nhwc = attributes.integers("imageShape"), setting](Operands x) {
    const at::Tensor turned = flipped ? at::flip(x[0], {0, 1}).transpose(2, 3) : x[0];
    if (isForWinograd(sliding, setting, turned.sizes(), nhwc)) return winogradFilters(turned.contiguous());
    const at::Tensor filters =
        rounded(turned.permute({3, 2, 0, 1}), setting.precision).contiguous(at::MemoryFormat::ChannelsLast);
    return packs(sliding, setting) ? packed(filters, sliding, {nhwc[0], nhwc[3], nhwc[1], nhwc[2]}) : filters;
  });
}

/** (images, filters as above[, bias]); `filterSize` is that of the filters before they were arranged. */
Kernel conv2d(const Attributes& attributes, const Setting& setting) {
  return one([sliding = Sliding(attributes), size = attributes.integers("filterSize"), setting](Operands x) {
    // Only what is transformed has three axes.
    if (!x[1].is_mkldnn() && x[1].dim() == 3)
      return convolveByWinograd(x[0], x[1], size.at(0), x.size() > 2 ? x[2] : at::Tensor(), sliding);
    const at::Tensor images = rounded(channelsFirst(x[0]), setting.precision);
    const at::Tensor bias = x.size() > 2 ? rounded(x[2], setting.precision) : at::Tensor();
    if (packs(sliding, setting)) return channelsLast(convolvePacked(images, x[1], bias, sliding));
    const bool symmetric = sliding.symmetric();
    return channelsLast(widened(at::convolution(symmetric ? images : sliding.padded(images, 0), x[1], bias, sliding.strides,
                                                symmetric ? sliding.padding() : std::vector<int64_t>{0, 0},
                                                sliding.dilations, false, {0, 0}, 1)));
  });
}

/** The gradients of a convolution of images of a shape, or padded so that both sides are padded alike. */
at::Tensor gradientOf(int64_t which, const Sliding& sliding, const at::Tensor& dy, const at::Tensor& images,
                      const at::Tensor& filters) {
  const bool symmetric = sliding.symmetric();
  const auto gradients = at::convolution_backward(
      dy, images, filters, at::OptionalIntArrayRef(), sliding.strides,
      symmetric ? sliding.padding() : std::vector<int64_t>{0, 0}, sliding.dilations, false, {0, 0}, 1,
      {which == 0, which == 1, false});
  return which == 0 ? std::get<0>(gradients) : std::get<1>(gradients);
}

/** (dy, filters [h, w, in, out]) */
Kernel conv2dImageGradient(const Attributes& attributes, const Setting& setting) {
  return one([sliding = Sliding(attributes), nhwc = attributes.integers("imageShape"),
              precision = setting.precision](Operands x) {
    const std::vector<int64_t> shape{nhwc[0], nhwc[3], nhwc[1], nhwc[2]};
    const at::Tensor dy = rounded(channelsFirst(x[0]), precision);
    const at::Tensor images = at::empty(sliding.symmetric() ? shape : sliding.paddedShape(shape),
                                        dy.options().memory_format(at::MemoryFormat::ChannelsLast));
    const at::Tensor filters =
        rounded(x[1].permute({3, 2, 0, 1}), precision).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor gradient = gradientOf(0, sliding, dy, images, filters);
    return channelsLast(widened(sliding.symmetric() ? gradient : sliding.cropped(gradient, shape)));
  });
}

/** (images, dy) → [h, w, in, out] */
Kernel conv2dFilterGradient(const Attributes& attributes, const Setting& setting) {
  return one([sliding = Sliding(attributes), hwio = attributes.integers("filterShape"),
              precision = setting.precision](Operands x) {
    const at::Tensor images = rounded(channelsFirst(x[0]), precision), dy = rounded(channelsFirst(x[1]), precision);
    const at::Tensor filters = at::empty({hwio[3], hwio[2], hwio[0], hwio[1]},
                                         dy.options().memory_format(at::MemoryFormat::ChannelsLast));
    const at::Tensor gradient =
        gradientOf(1, sliding, dy, sliding.symmetric() ? images : sliding.padded(images, 0), filters);
    return widened(gradient).permute({2, 3, 1, 0}).contiguous();
  });
}

}  // namespace

InstructionTable convolutionInstructions() {
  return {
      {"filters", filters},
      {"conv2d", conv2d},
      {"conv2dImageGradient", conv2dImageGradient},
      {"conv2dFilterGradient", conv2dFilterGradient},
  };
}

}  // namespace maxmargin
