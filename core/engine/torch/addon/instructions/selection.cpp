#include <ATen/Functions.h>

#include "../instruction.h"

namespace maxmargin {

namespace {

/** (x, indices): the indices' axes stand in place of the axis. */
Kernel gather(const Attributes& attributes, const Setting&) {
  return one([axis = attributes.integer("axis")](Operands x) {
    const at::IntArrayRef from = x[0].sizes(), indices = x[1].sizes();
    std::vector<int64_t> shape(from.begin(), from.begin() + axis);
    shape.insert(shape.end(), indices.begin(), indices.end());
    shape.insert(shape.end(), from.begin() + axis + 1, from.end());
    return at::index_select(x[0], axis, x[1].reshape({-1})).reshape(shape);
  });
}

Kernel oneHot(const Attributes& attributes, const Setting&) {
  return one([depth = attributes.integer("depth"), on = attributes.number("on"), off = attributes.number("off")](Operands x) {
    const at::Tensor chosen = at::arange(depth, x[0].options()).eq(x[0].unsqueeze(-1));
    return on == 1 && off == 0 ? chosen.to(at::kFloat) : chosen.to(at::kFloat).mul_(on - off).add_(off);
  });
}

}  // namespace

InstructionTable selectionInstructions() { return {{"gather", gather}, {"oneHot", oneHot}}; }

}  // namespace maxmargin
