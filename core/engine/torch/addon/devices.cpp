#include "devices.h"

#include <ATen/Context.h>

#include <stdexcept>

#ifdef MAXMARGIN_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

namespace maxmargin {

std::vector<DeviceDescription> visibleDevices() {
  std::vector<DeviceDescription> devices{{"cpu", "cpu"}};
#ifdef MAXMARGIN_CUDA
  if (at::hasCUDA())
    for (int64_t i = 0; i < at::cuda::device_count(); i++)
      devices.push_back({"cuda:" + std::to_string(i), at::cuda::getDeviceProperties(i)->name});
#endif
  return devices;
}

at::Device deviceNamed(const std::string& id) {
  for (const DeviceDescription& device : visibleDevices())
    if (device.id == id) return at::Device(id);
  throw std::invalid_argument("torch: there is no device " + id);
}

}  // namespace maxmargin
