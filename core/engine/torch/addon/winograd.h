#pragma once

#include <ATen/core/Tensor.h>

#include "instruction.h"
#include "windows.h"

namespace maxmargin {

/**
 * Convolutions of stride 1 by filters of 3 × 3 or 5 × 5 with fewer multiplications (Winograd 1980; Lavin and Gray 2016), float32 on a CPU
 * with AVX-512.
 *
 *     Y = Aᵀ [ Σ_c (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 * over tiles d of 6 × 6 pixels, interpolating at 0, ±1, ±2, ∞: 36 multiplications for 4 × 4 results of a 3 × 3 filter (144 otherwise), or for
 * 2 × 2 results of a 5 × 5 filter (100 otherwise). The results differ from sums in the order of the definition by about 1e-6 of their size.
 */

/** Whether it is for such filters [h, w, c, k] over images [n, h, w, c], and faster there. */
bool isForWinograd(const Sliding& sliding, const Setting& setting, at::IntArrayRef filters, at::IntArrayRef images);

/** G g Gᵀ of filters [h, w, c, k]: [36, c, k]. */
at::Tensor winogradFilters(const at::Tensor& filters);

/** @param images [n, h, w, c] @param filters as above @param size h of the filters @param bias [k], or undefined @returns [n, h', w', k] */
at::Tensor convolveByWinograd(const at::Tensor& images, const at::Tensor& filters, int64_t size, const at::Tensor& bias,
                              const Sliding& sliding);

}  // namespace maxmargin
