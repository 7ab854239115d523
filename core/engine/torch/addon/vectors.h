#pragma once

#include <cstdint>
#include <cstring>

/** Compiles a function for several instruction sets, of which the machine's best is taken when the addon is loaded. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

/** Belongs to whatever it is called from, and is compiled for its instruction set. */
#define INLINED inline __attribute__((always_inline))

namespace maxmargin {

/** Sixteen values at a time; where registers are smaller, the compiler takes several. */
using Floats = float __attribute__((vector_size(64), aligned(4), may_alias));
using Integers = int32_t __attribute__((vector_size(64)));
using Bytes = uint8_t __attribute__((vector_size(16), aligned(1), may_alias));
/** Eight. */
using HalfFloats = float __attribute__((vector_size(32), aligned(4), may_alias));

constexpr int64_t lanes = 16;

constexpr int64_t roundedUp(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }

}  // namespace maxmargin
