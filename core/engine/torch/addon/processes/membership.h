#pragma once

#include <c10/core/Device.h>
#include <napi.h>

#include <memory>

#include "process-group.h"

namespace maxmargin {

/** Joins the processes of a place as JavaScript states it; none for undefined. */
std::shared_ptr<ProcessGroup> groupFrom(const Napi::Value& place, const at::Device& device);

/** Adds up an Int32Array or a Float64Array over all processes, in place. */
void addUp(ProcessGroup& group, const Napi::TypedArray& values, const at::Device& device);

}  // namespace maxmargin
