#pragma once

#include <napi.h>

#include "program.h"

namespace maxmargin {

/** A tensor on the CPU with a copy of an array's elements. @throws Napi::Error where the sizes do not agree */
at::Tensor tensorFrom(const Napi::TypedArray& values, const Napi::Array& shape, const std::string& dtype);

/** What JavaScript wrote down as a program: see torch-program.ts. Constants are put on the device. */
ProgramText programTextFrom(const Napi::Object& program, const at::Device& device);

}  // namespace maxmargin
