#include <ATen/Functions.h>

#include "../instruction.h"

namespace maxmargin {

namespace {

Kernel reshape(const Attributes& attributes, const Setting&) {
  return one([shape = attributes.integers("shape")](Operands x) { return x[0].reshape(shape); });
}

Kernel transpose(const Attributes& attributes, const Setting&) {
  return one([order = attributes.integers("permutation")](Operands x) { return x[0].permute(order).contiguous(); });
}

Kernel broadcastTo(const Attributes& attributes, const Setting&) {
  return one([shape = attributes.integers("shape")](Operands x) { return x[0].expand(shape).contiguous(); });
}

Kernel tile(const Attributes& attributes, const Setting&) {
  return one([repeats = attributes.integers("repeats")](Operands x) { return x[0].repeat(repeats); });
}

Kernel slice(const Attributes& attributes, const Setting&) {
  return one([begin = attributes.integers("begin"), size = attributes.integers("size")](Operands x) {
    at::Tensor part = x[0];
    for (size_t axis = 0; axis < begin.size(); axis++)
      part = part.narrow(static_cast<int64_t>(axis), begin[axis], size[axis]);
    return part.contiguous();
  });
}

/** `padding`: before and after each axis, the last axis first. */
Kernel pad(const Attributes& attributes, const Setting&) {
  return one([padding = attributes.integers("padding"), value = attributes.number("value")](Operands x) {
    return at::constant_pad_nd(x[0], padding, value);
  });
}

Kernel concat(const Attributes& attributes, const Setting&) {
  return one([axis = attributes.integer("axis")](Operands x) { return at::cat(x, axis); });
}

Kernel reverse(const Attributes& attributes, const Setting&) {
  return one([axes = attributes.integers("axes")](Operands x) { return at::flip(x[0], axes); });
}

}  // namespace

InstructionTable arrangementInstructions() {
  return {
      {"reshape", reshape}, {"transpose", transpose}, {"broadcastTo", broadcastTo}, {"tile", tile},
      {"slice", slice},     {"pad", pad},             {"concat", concat},           {"reverse", reverse},
  };
}

}  // namespace maxmargin
