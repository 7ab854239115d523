#ifdef MAXMARGIN_GLOO

// libtorch's header of its Gloo backend says nothing without it.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <cstdlib>

#include "backends.h"

namespace maxmargin {

Backend glooBackend(const Store& store, const Place& place) {
  const auto options = c10d::ProcessGroupGloo::Options::create(place.timeout);
  // The variable that PyTorch reads, too, where the host's name does not lead to the interface that the others reach.
  const char* const interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices.push_back(interface == nullptr ? c10d::ProcessGroupGloo::createDefaultDevice()
                                                  : c10d::ProcessGroupGloo::createDeviceForInterface(interface));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
}

}  // namespace maxmargin

#endif
