#include <ATen/Functions.h>

#include "../instruction.h"
#include "../dtypes.h"

namespace maxmargin {

namespace {

using Unary = at::Tensor (*)(const at::Tensor&);
using UnaryInPlace = at::Tensor& (*)(at::Tensor&);
using Binary = at::Tensor (*)(const at::Tensor&, const at::Tensor&);
using BinaryOut = at::Tensor& (*)(at::Tensor&, const at::Tensor&, const at::Tensor&);

/** f of each element, written over the operand where nobody else reads it. */
KernelMaker unary(Unary f, UnaryInPlace inPlace) {
  return plain([f, inPlace](Operands x) { return reusable(x[0]) ? inPlace(x[0]) : f(x[0]); });
}

/** f of two broadcast tensors of one type, written over one of them where it has the result's shape and nobody else reads it. */
KernelMaker arithmetic(Binary f, BinaryOut out) {
  return plain([f, out](Operands x) {
    for (const size_t i : {0, 1}) {
      const at::Tensor& other = x[1 - i];
      const bool fits = x[i].sizes() == other.sizes() || (other.dim() <= x[i].dim() && other.numel() == 1);
      if (fits && reusable(x[i])) return out(x[i], x[0], x[1]);
    }
    return f(x[0], x[1]);
  });
}

template <Binary f>
KernelMaker binary() {
  return plain([](Operands x) { return f(x[0], x[1]); });
}

at::Tensor quotient(const at::Tensor& a, const at::Tensor& b) {
  return a.is_floating_point() ? at::div(a, b) : at::div(a, b, "floor");
}

at::Tensor add(const at::Tensor& a, const at::Tensor& b) { return at::add(a, b); }
at::Tensor& addOut(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) { return at::add_out(out, a, b); }
at::Tensor sub(const at::Tensor& a, const at::Tensor& b) { return at::sub(a, b); }
at::Tensor& subOut(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) { return at::sub_out(out, a, b); }

Kernel cast(const Attributes& attributes, const Setting&) {
  const at::ScalarType type = typeNamed(attributes.text("dtype"));
  return one([type](Operands x) { return x[0].to(type); });
}

Kernel clip(const Attributes& attributes, const Setting&) {
  const double lower = attributes.number("lower"), upper = attributes.number("upper");
  return one([lower, upper](Operands x) {
    return reusable(x[0]) ? at::clamp_(x[0], lower, upper) : at::clamp(x[0], lower, upper);
  });
}

/** (dy, x): dy where x > 0, else 0. */
at::Tensor rectifierGradient(Operands x) {
  return reusable(x[0]) ? at::threshold_backward_out(x[0], x[0], x[1], 0) : at::threshold_backward(x[0], x[1], 0);
}

}  // namespace

InstructionTable elementwiseInstructions() {
  return {
      {"abs", unary(at::abs, at::abs_)},
      {"ceil", unary(at::ceil, at::ceil_)},
      {"cos", unary(at::cos, at::cos_)},
      {"elu", plain([](Operands x) { return at::elu(x[0]); })},
      {"erf", unary(at::erf, at::erf_)},
      {"exp", unary(at::exp, at::exp_)},
      {"floor", unary(at::floor, at::floor_)},
      {"log", unary(at::log, at::log_)},
      {"neg", unary(at::neg, at::neg_)},
      {"reciprocal", unary(at::reciprocal, at::reciprocal_)},
      {"relu", unary(at::relu, at::relu_)},
      {"round", plain([](Operands x) { return at::round(x[0]); })},
      {"rsqrt", unary(at::rsqrt, at::rsqrt_)},
      {"sigmoid", unary(at::sigmoid, at::sigmoid_)},
      {"sign", plain([](Operands x) { return at::sign(x[0]); })},
      {"sin", unary(at::sin, at::sin_)},
      {"softplus", plain([](Operands x) { return at::softplus(x[0]); })},
      {"sqrt", unary(at::sqrt, at::sqrt_)},
      {"tan", unary(at::tan, at::tan_)},
      {"tanh", unary(at::tanh, at::tanh_)},
      {"add", arithmetic(add, addOut)},
      {"sub", arithmetic(sub, subOut)},
      {"mul", arithmetic(at::mul, at::mul_out)},
      {"div", plain([](Operands x) { return quotient(x[0], x[1]); })},
      {"maximum", arithmetic(at::maximum, at::maximum_out)},
      {"minimum", arithmetic(at::minimum, at::minimum_out)},
      {"pow", binary<at::pow>()},
      {"equal", binary<at::eq>()},
      {"notEqual", binary<at::ne>()},
      {"greater", binary<at::gt>()},
      {"greaterEqual", binary<at::ge>()},
      {"less", binary<at::lt>()},
      {"lessEqual", binary<at::le>()},
      {"logicalAnd", binary<at::logical_and>()},
      {"logicalOr", binary<at::logical_or>()},
      {"logicalNot", plain([](Operands x) { return at::logical_not(x[0]); })},
      {"select", plain([](Operands x) { return at::where(x[0], x[1], x[2]); })},
      {"rectifierGradient", plain(rectifierGradient)},
      {"cast", cast},
      {"clip", clip},
  };
}

}  // namespace maxmargin
