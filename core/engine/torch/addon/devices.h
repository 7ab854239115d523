#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace maxmargin {

struct DeviceDescription {
  /** `cpu`, or `cuda:0` and so on. */
  std::string id;
  /** For people: the GPU's name. */
  std::string name;
};

/** Every device that this libtorch sees: the CPU, and the GPUs. */
std::vector<DeviceDescription> visibleDevices();

/** @throws std::invalid_argument for a device that is not visible */
at::Device deviceNamed(const std::string& id);

}  // namespace maxmargin
