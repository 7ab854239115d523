#include "dtypes.h"

#include <stdexcept>

namespace maxmargin {

at::ScalarType typeNamed(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "int32") return at::kInt;
  if (name == "bool") return at::kBool;
  throw std::invalid_argument("dtype: expected float32, int32 or bool, got " + name);
}

}  // namespace maxmargin
