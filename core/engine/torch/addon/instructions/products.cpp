#include <ATen/Functions.h>

#include "../instruction.h"
#include "rounding.h"

namespace maxmargin {

namespace {

Kernel matMul(const Attributes& attributes, const Setting& setting) {
  return one([transposeA = attributes.flag("transposeA"), transposeB = attributes.flag("transposeB"),
              precision = setting.precision](Operands x) {
    const at::Tensor a = rounded(x[0], precision), b = rounded(x[1], precision);
    return widened(at::matmul(transposeA ? a.transpose(-1, -2) : a, transposeB ? b.transpose(-1, -2) : b)).contiguous();
  });
}

}  // namespace

InstructionTable productInstructions() { return {{"matMul", matMul}}; }

}  // namespace maxmargin
