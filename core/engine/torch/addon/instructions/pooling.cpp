#include <ATen/Functions.h>

#include <limits>

#include "../images.h"
#include "../instruction.h"
#include "../windows.h"

namespace maxmargin {

namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();

struct Pooling : Sliding {
  std::vector<int64_t> size;

  explicit Pooling(const Attributes& attributes) : Sliding(attributes), size(attributes.integers("size")) {}

  /** Whether the library takes the padding as it is: equal on both sides and at most half of the window. */
  bool native() const { return symmetric() && 2 * top <= size[0] && 2 * left <= size[1]; }
  std::vector<int64_t> padding() const { return native() ? Sliding::padding() : std::vector<int64_t>{0, 0}; }
  at::Tensor prepared(const at::Tensor& images, double value) const {
    return native() ? images : padded(images, value);
  }
};

/** images → maxima, and each maximum's place in its (padded) image: the first of equals. */
Kernel maxPool(const Attributes& attributes, const Setting&) {
  return [pooling = Pooling(attributes)](Operands x) {
    const auto [maxima, indices] =
        at::max_pool2d_with_indices(pooling.prepared(channelsFirst(x[0]), lowest), pooling.size, pooling.strides,
                                    pooling.padding(), pooling.dilations, false);
    return Results{channelsLast(maxima), indices};
  };
}

/** (dy, images, the places that maxPool gave) */
Kernel maxPoolGradient(const Attributes& attributes, const Setting&) {
  return one([pooling = Pooling(attributes)](Operands x) {
    const at::Tensor images = channelsFirst(x[1]);
    const at::Tensor gradient = at::max_pool2d_with_indices_backward(
        channelsFirst(x[0]), pooling.prepared(images, lowest), pooling.size, pooling.strides, pooling.padding(),
        pooling.dilations, false, x[2]);
    return channelsLast(pooling.native() ? gradient : pooling.cropped(gradient, images.sizes()));
  });
}

/** How many pixels of an image of this shape each window holds, [1, 1, h', w']. */
at::Tensor pixelsInWindows(const Pooling& pooling, at::IntArrayRef shape, const at::TensorOptions& options) {
  return at::avg_pool2d(pooling.padded(at::ones({1, 1, shape[2], shape[3]}, options), 0), pooling.size, pooling.strides,
                        {0, 0}, false, true, 1);
}

Kernel avgPool(const Attributes& attributes, const Setting&) {
  return one([pooling = Pooling(attributes)](Operands x) {
    const at::Tensor images = channelsFirst(x[0]);
    const at::Tensor sums =
        at::avg_pool2d(pooling.padded(images, 0), pooling.size, pooling.strides, {0, 0}, false, true, 1);
    return channelsLast(at::div(sums, pixelsInWindows(pooling, images.sizes(), images.options())));
  });
}

Kernel avgPoolGradient(const Attributes& attributes, const Setting&) {
  return one([pooling = Pooling(attributes), nhwc = attributes.integers("imageShape")](Operands x) {
    const std::vector<int64_t> shape{nhwc[0], nhwc[3], nhwc[1], nhwc[2]};
    const at::Tensor dy = channelsFirst(x[0]);
    const at::Tensor shares = at::div(dy, pixelsInWindows(pooling, shape, dy.options())).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor images =
        at::empty(pooling.paddedShape(shape), dy.options().memory_format(at::MemoryFormat::ChannelsLast));
    const at::Tensor gradient =
        at::avg_pool2d_backward(shares, images, pooling.size, pooling.strides, {0, 0}, false, true, 1);
    return channelsLast(pooling.cropped(gradient, shape));
  });
}

}  // namespace

InstructionTable poolingInstructions() {
  return {
      {"maxPool", maxPool},
      {"maxPoolGradient", maxPoolGradient},
      {"avgPool", avgPool},
      {"avgPoolGradient", avgPoolGradient},
  };
}

}  // namespace maxmargin
