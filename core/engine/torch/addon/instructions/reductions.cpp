#include <ATen/Functions.h>

#include "../instruction.h"

namespace maxmargin {

namespace {

using Reduce = at::Tensor (*)(const at::Tensor&, at::IntArrayRef, bool);

/** Over the axes; without axes it is the operand itself, where the library would reduce over all of them. */
template <Reduce reduce>
Kernel reduction(const Attributes& attributes, const Setting&) {
  return one([axes = attributes.integers("axes"), keep = attributes.flag("keepDims")](Operands x) {
    return axes.empty() ? x[0] : reduce(x[0], axes, keep);
  });
}

at::Tensor sum(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::sum(x, axes, keep, x.scalar_type()); }

at::Tensor mean(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::mean(x, axes, keep); }

template <at::Tensor (*f)(const at::Tensor&, int64_t, bool)>
at::Tensor axisByAxis(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  at::Tensor result = x;
  for (size_t i = axes.size(); i-- > 0;) result = f(result, axes[i], keep);
  return result;
}

Kernel argMax(const Attributes& attributes, const Setting&) {
  return one([axis = attributes.integer("axis")](Operands x) { return at::argmax(x[0], axis).to(at::kInt); });
}

Kernel argMin(const Attributes& attributes, const Setting&) {
  return one([axis = attributes.integer("axis")](Operands x) { return at::argmin(x[0], axis).to(at::kInt); });
}

}  // namespace

InstructionTable reductionInstructions() {
  return {
      {"sum", reduction<sum>},
      {"mean", reduction<mean>},
      {"max", reduction<at::amax>},
      {"min", reduction<at::amin>},
      {"all", reduction<axisByAxis<at::all>>},
      {"any", reduction<axisByAxis<at::any>>},
      {"argMax", argMax},
      {"argMin", argMin},
  };
}

}  // namespace maxmargin
