#include "precision.h"

#include <ATen/Context.h>

#include <stdexcept>

namespace maxmargin {

Precision precisionNamed(const std::string& name) {
  if (name == "float32") return Precision::Float32;
  if (name == "tf32") return Precision::TF32;
  if (name == "bfloat16") return Precision::BFloat16;
  throw std::invalid_argument("precision: expected float32, tf32 or bfloat16, got " + name);
}

void usePrecision(Precision precision) {
  // PyTorch lets convolutions use TF32 unless told otherwise: float32 would not be float32.
  const bool tf32 = precision == Precision::TF32;
  at::globalContext().setAllowTF32CuBLAS(tf32);
  at::globalContext().setAllowTF32CuDNN(tf32);
}

}  // namespace maxmargin
