#ifdef MAXMARGIN_NCCL

// libtorch's header of its NCCL backend says nothing without it.
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>

#include "backends.h"

namespace maxmargin {

Backend ncclBackend(const Store& store, const Place& place) {
  // Otherwise waiting ends on the stream, not here: whoever lost another process would hang in the next read instead of failing.
  setenv("TORCH_NCCL_BLOCKING_WAIT", "1", /*overwrite=*/1);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = place.timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, place.rank, place.size, options);
}

}  // namespace maxmargin

#endif
