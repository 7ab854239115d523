#include "../instruction.h"
#include "../pooled-convolution.h"

namespace maxmargin {

namespace {

PooledConvolution convolutionOf(const Attributes& attributes) {
  const std::vector<int64_t>& sides = attributes.integers("padding");
  return {sides.at(0), sides.at(1), sides.at(2), sides.at(3)};
}

/** (images, filters [h, w, in, out][, bias]) → maxima of 2 × 2 blocks, and their places */
Kernel pooledConvolution(const Attributes& attributes, const Setting&) {
  return [convolution = convolutionOf(attributes)](Operands x) {
    const auto [maxima, places] = convolution.forward(x[0], x[1], x.size() > 2 ? x[2] : at::Tensor());
    return Results{maxima, places};
  };
}

/** (dy, places, filters) */
Kernel pooledConvolutionImageGradient(const Attributes& attributes, const Setting&) {
  return one([convolution = convolutionOf(attributes), shape = attributes.integers("imageShape")](Operands x) {
    return convolution.imageGradient(x[0], x[1], x[2], shape);
  });
}

}  // namespace

InstructionTable pooledConvolutionInstructions() {
  return {
      {"pooledConvolution", pooledConvolution},
      {"pooledConvolutionImageGradient", pooledConvolutionImageGradient},
  };
}

}  // namespace maxmargin
