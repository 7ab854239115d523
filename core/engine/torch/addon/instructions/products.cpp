#include <ATen/Functions.h>

#include "../instruction.h"
#include "rounding.h"

namespace maxmargin {

namespace {

/** (a, b[, bias of the columns]) */
Kernel matMul(const Attributes& attributes, const Setting& setting) {
  return one([transposeA = attributes.flag("transposeA"), transposeB = attributes.flag("transposeB"),
              precision = setting.precision](Operands x) {
    const at::Tensor a = rounded(x[0], precision), b = rounded(x[1], precision);
    const at::Tensor left = transposeA ? a.transpose(-1, -2) : a, right = transposeB ? b.transpose(-1, -2) : b;
    if (x.size() > 2) return widened(at::addmm(rounded(x[2], precision), left, right));
    return widened(at::matmul(left, right)).contiguous();
  });
}

}  // namespace

InstructionTable productInstructions() { return {{"matMul", matMul}}; }

}  // namespace maxmargin
