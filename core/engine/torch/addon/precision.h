#pragma once

#include <string>

namespace maxmargin {

/** In what convolutions and matrix products are computed. Everything else, and every result, is float32. */
enum class Precision { Float32, TF32, BFloat16 };

/** @throws std::invalid_argument for a name that is not `float32`, `tf32` or `bfloat16` */
Precision precisionNamed(const std::string& name);

/** Tells the library: TF32 is a setting of its own, of the whole process. */
void usePrecision(Precision precision);

}  // namespace maxmargin
