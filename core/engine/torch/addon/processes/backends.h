#pragma once

#if defined(MAXMARGIN_GLOO) || defined(MAXMARGIN_NCCL)

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "process-group.h"

namespace maxmargin {

using Backend = c10::intrusive_ptr<c10d::Backend>;
using Store = c10::intrusive_ptr<c10d::Store>;

#ifdef MAXMARGIN_GLOO
Backend glooBackend(const Store& store, const Place& place);
#endif
#ifdef MAXMARGIN_NCCL
Backend ncclBackend(const Store& store, const Place& place);
#endif

}  // namespace maxmargin

#endif
