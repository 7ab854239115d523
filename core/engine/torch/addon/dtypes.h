#pragma once

#include <c10/core/ScalarType.h>

#include <string>

namespace maxmargin {

/** `float32`, `int32` or `bool`. @throws std::invalid_argument */
at::ScalarType typeNamed(const std::string& name);

}  // namespace maxmargin
